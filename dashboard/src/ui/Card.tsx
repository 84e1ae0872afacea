import { createContext, type ReactNode, useContext, useId } from "react";
import "./Card.css";

interface Props {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A titled part of a page. */
export function Card({ title, hint, actions, className, children }: Props) {
  const id = useId();
  return (
    <section className={className ? `card ${className}` : "card"} aria-labelledby={id}>
      <header className="card-head">
        <div>
          <h2 id={id}>{title}</h2>
          {hint && <p className="muted small">{hint}</p>}
        </div>
        {actions && <div className="card-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** What the table of routes calls the page that is shown. */
export const TitleContext = createContext("");

interface HeadProps {
  /** Where the heading says more than the page's name. */
  title?: ReactNode;
  hint?: ReactNode;
  children?: ReactNode;
}

export function PageHead({ title, hint, children }: HeadProps) {
  const name = useContext(TitleContext);
  return (
    <header className="page-head">
      <div>
        <h1>{title ?? name}</h1>
        {hint && <p className="muted">{hint}</p>}
      </div>
      {children && <div className="page-actions">{children}</div>}
    </header>
  );
}
