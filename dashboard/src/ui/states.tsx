/** Loading, empty, failed and not permitted: what a part of the page shows when it has no data to show. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Component, type ReactNode } from "react";
import { Problem } from "../api/client";
import { Button } from "./Button";
import { Skeleton } from "./Skeleton";
import "./states.css";

export function Loading({ label }: { label: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{label}…</span>
    </div>
  );
}

interface MessageProps {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
  small?: boolean;
}

export function Message({ title, text, children, small }: MessageProps) {
  return (
    <div className={small ? "message message-small" : "message"}>
      {small ? <p className="message-title">{title}</p> : <h2 className="message-title">{title}</h2>}
      {text && <p className="muted">{text}</p>}
      {children}
    </div>
  );
}

export function Failure({ error, retry, small }: { error: Error; retry?: () => void; small?: boolean }) {
  const problem = error instanceof Problem ? error : null;
  const title =
    problem?.status === 403
      ? "You cannot see this"
      : problem?.status === 404
        ? "Not found"
        : problem?.status === 0
          ? "No connection"
          : "This could not be loaded";
  return (
    <div role="alert">
      <Message title={title} text={error.message} {...(small && { small })}>
        {problem?.requestId && <p className="muted small">Request {problem.requestId}</p>}
        {retry && problem?.status !== 403 && problem?.status !== 404 && <Button onClick={retry}>Try again</Button>}
      </Message>
    </div>
  );
}

interface AsyncProps<T> {
  of: UseQueryResult<T, Error>;
  /** The shape of what comes; or only its height. */
  shape?: ReactNode;
  height?: number;
  children: (value: T) => ReactNode;
}

/** What a query has to show in each of its states. */
export function Async<T>({ of, shape, height, children }: AsyncProps<T>) {
  if (of.isError && of.data === undefined) {
    return <Failure error={of.error} retry={() => void of.refetch()} />;
  }
  if (of.data === undefined) return <Skeleton {...(height !== undefined && { height })}>{shape}</Skeleton>;
  return (
    <div className={of.isPlaceholderData ? "stale" : undefined} aria-busy={of.isFetching || undefined}>
      {children(of.data)}
    </div>
  );
}

export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Message title="Something went wrong" text="Reload the page; if it happens again, contact support.">
        <Button onClick={() => location.reload()}>Reload</Button>
      </Message>
    );
  }
}
