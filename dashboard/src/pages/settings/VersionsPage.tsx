import { usePage } from "../../api/queries";
import { instant } from "../../format";
import { useSession } from "../../session/context";
import { pageNumber, useAddress } from "../../ui/address";
import { PageHead } from "../../ui/Card";
import { Pager } from "../../ui/DataTable";
import { Rows } from "../../ui/Skeleton";
import { Async } from "../../ui/states";
import { ChangeList } from "./changes";
import "./VersionsPage.css";

const ROWS = 20;

export function VersionsPage() {
  const { claims } = useSession();
  const [address, change] = useAddress();
  const page = pageNumber(address);
  const found = usePage("/v1/settings/versions", { query: { limit: ROWS } }, page);
  return (
    <>
      <PageHead hint="Scoring, business hours and workflows share one history: who changed what, when and why." />
      <section className="card" aria-label="Versions of the settings">
        <Async of={found} shape={<Rows count={6} height={96} />}>
          {(versions) => (
            <>
              <ol className="versions">
                {versions.items.map((version) => (
                  <li key={version.version}>
                    <span className="version-number">v{version.version}</span>
                    <div>
                      <p>
                        <strong>{version.note ?? "No note"}</strong>
                      </p>
                      <p className="muted small">
                        {instant(version.changed_at)} by{" "}
                        {version.changed_by === claims.subject
                          ? "you"
                          : (version.changed_by_name ?? <code>{version.changed_by}</code>)}
                      </p>
                      {(version.changes.length > 0 || version.version > 1) && <ChangeList changes={version.changes} />}
                    </div>
                  </li>
                ))}
              </ol>
              <Pager
                page={page}
                size={ROWS}
                shown={versions.items.length}
                more={versions.next_cursor !== null}
                onPage={(number) => change({ page: number === 1 ? null : String(number) })}
              />
            </>
          )}
        </Async>
      </section>
    </>
  );
}
