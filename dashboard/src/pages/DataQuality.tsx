import { Link } from "wouter";
import { useResource } from "../api/queries";
import { plural, words } from "../format";
import { Card } from "../ui/Card";
import { Async, Message } from "../ui/states";

const NAMES: Record<string, { name: string; says: string }> = {
  no_account_manager: { name: "No account manager", says: "their alerts go to the fallback addresses" },
  unknown_account_manager: { name: "Unknown account manager", says: "the one that they name does not exist" },
  account_manager_not_reached: {
    name: "Account manager not reached",
    says: "nobody has confirmed a subscription for their alerts",
  },
  no_industry: { name: "No industry", says: "there is no average to compare with" },
  no_client_since: { name: "No start date", says: "a client without events gets the lowest points" },
};
const SHOWN = 8;

/** What client records lack, over all of them. */
export function DataQuality() {
  const found = useResource("/v1/analytics/data-quality", {});
  return (
    <Card
      title="Data quality"
      hint="Records that lack something. What a client's tickets and contacts lack is on its page."
    >
      <Async of={found} height={120}>
        {({ items }) =>
          items.length === 0 ? (
            <Message small title="Nothing is missing" text="All client records are complete." />
          ) : (
            <ul className="stack">
              {items.map((flaw) => (
                <li key={flaw.code}>
                  <details>
                    <summary>
                      <strong>{NAMES[flaw.code]?.name ?? words(flaw.code)}</strong> {plural(flaw.count, "client")}{" "}
                      <span className="muted small">{NAMES[flaw.code]?.says}</span>
                    </summary>
                    <p className="indicator-names">
                      {flaw.clients.map((client, place) => (
                        <span key={client.client_id}>
                          {place > 0 && ", "}
                          <Link href={`/clients/${client.client_id}`}>{client.name}</Link>
                        </span>
                      ))}
                      {flaw.count > flaw.clients.length && ` and ${flaw.count - flaw.clients.length} more`}
                    </p>
                    {flaw.code === "no_account_manager" && flaw.count > SHOWN && (
                      <Link href="/accounts?manager=none&clients=all">All of them in the list of clients</Link>
                    )}
                  </details>
                </li>
              ))}
            </ul>
          )
        }
      </Async>
    </Card>
  );
}
