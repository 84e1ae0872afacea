import type { ButtonHTMLAttributes, ReactNode } from "react";
import "./Button.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "plain" | "quiet" | "danger";
  wide?: boolean;
  small?: boolean;
  busy?: boolean;
  children: ReactNode;
}

export function Button({ kind = "plain", wide, small, busy, children, disabled, className, ...rest }: Props) {
  const names = ["button", `button-${kind}`, wide && "button-wide", small && "button-small", className];
  return (
    <button
      type="button"
      {...rest}
      className={names.filter(Boolean).join(" ")}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
