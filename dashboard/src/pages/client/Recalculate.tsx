import { useChange } from "../../api/queries";
import type { Card as CardAnswer } from "../../api/types";
import { NONE } from "../../format";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { Line } from "../../ui/icons";
import { useToast } from "../../ui/toasts";

/** Stores a calculation of now. The page is live without it, so it stands where what is stored is listed. */
export function Recalculate({ card }: { card: CardAnswer }) {
  const may = useMay("scores.recalculate");
  const say = useToast();
  const recalculate = useChange(
    (api) =>
      api.POST("/v1/clients/{client_id}/recalculate", {
        params: { path: { client_id: card.client.client_id }, header: { "Idempotency-Key": crypto.randomUUID() } },
      }),
    ["/v1/clients", "/v1/analytics"],
  );
  if (!may || card.models === null) return null;
  const primary = card.primary_model;
  const run = () =>
    recalculate.mutate(undefined, {
      onSuccess: (now) => {
        const before = card.models?.[primary].score ?? NONE;
        const after = now.models?.[primary].score ?? NONE;
        const outcome = before === after ? `${after}, unchanged` : `${before} → ${after}`;
        say(`Recalculated: ${outcome}`);
      },
      onError: (error) => say(`Not recalculated: ${error.message}`, "bad"),
    });
  return (
    <Button small onClick={run} busy={recalculate.isPending} title="Stores the score of now in the history">
      <Line name="refresh" size={16} />
      Recalculate
    </Button>
  );
}
