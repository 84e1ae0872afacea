/** Tabs of one browser share the sign-in: a new one asks the others, and signing out ends it in all of them. */

const CHANNEL = "client-health.session";
const REPLY_MS = 150;

type Kept = Record<string, string>;
type Message = { kind: "ask" } | { kind: "reply"; kept: Kept } | { kind: "ended" };

/** What a sign-in keeps in a tab: the demo's, or that of `oidc-client-ts`. */
export function isOfSignIn(key: string): boolean {
  return key === "client-health.demo" || key.startsWith("oidc.user:");
}

function kept(): Kept {
  return Object.fromEntries(Object.entries(sessionStorage).filter(([key]) => isOfSignIn(key)));
}

/** Takes over another tab's sign-in, if this one has none and another replies soon. */
export async function askOtherTabs(): Promise<void> {
  if (Object.keys(kept()).length > 0) return;
  const channel = new BroadcastChannel(CHANNEL);
  const reply = new Promise<Kept>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Message>) => data.kind === "reply" && resolve(data.kept);
    setTimeout(() => resolve({}), REPLY_MS);
  });
  channel.postMessage({ kind: "ask" } satisfies Message);
  for (const [key, value] of Object.entries(await reply)) sessionStorage.setItem(key, value);
  channel.close();
}

/** Replies to other tabs until it is stopped; calls `onEnded` when one of them signs out. */
export function replyToOtherTabs(onEnded: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === "ask") channel.postMessage({ kind: "reply", kept: kept() } satisfies Message);
    if (data.kind === "ended") {
      for (const key of Object.keys(kept())) sessionStorage.removeItem(key);
      onEnded();
    }
  };
  return () => channel.close();
}

export function tellOtherTabsOfTheEnd(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ kind: "ended" } satisfies Message);
  channel.close();
}
