/** A call to try a new key with, as one line for a shell. */

/** A call that the permissions allow and that changes nothing; null where there is none to show. */
export function tryingCall(origin: string, key: string, permissions: readonly string[]): string | null {
  const authorization = `-H 'Authorization: Bearer ${key}'`;
  if (permissions.includes("records.write")) {
    const record = { type: "client", id: "c-1", name: "Northwind Dental", status: "ACTIVE" };
    const body = JSON.stringify({ dry_run: true, records: [record] });
    return `curl ${origin}/v1/records ${authorization} -H 'Content-Type: application/json' -d '${body}'`;
  }
  const path = permissions.includes("clients.read")
    ? "clients"
    : permissions.includes("reports.read")
      ? "analytics/clients"
      : permissions.includes("settings.read")
        ? "settings/health-score"
        : null;
  return path && `curl ${origin}/v1/${path} ${authorization}`;
}
