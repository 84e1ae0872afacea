/** The tenant, whose time zone never changes. */
import { tellTimesIn } from "../format";
import { useMay } from "../session/context";
import { localDate } from "../zone";
import { useResource } from "./queries";

/** Has all instants told in the tenant's zone, once it is known. */
export function useTenant() {
  const tenant = useResource("/v1/tenant", {}, useMay("reports.read"));
  if (tenant.data) tellTimesIn(tenant.data.time_zone);
  return tenant;
}

/** Today, by the tenant's calendar; by UTC's until that is known. */
export function useToday(): string {
  return localDate(useTenant().data?.time_zone ?? "UTC", Date.now());
}
