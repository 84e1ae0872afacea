import { useState } from "react";
import { useApi, useChange, useResource } from "../../api/queries";
import type { PreviewedFile } from "../../api/types";
import { Button } from "../../ui/Button";
import { Refusal } from "../settings/PublishDialog";
import { columnOf, type MapDocument, mapName, missingFields, TYPES, typeName, withColumn, withWord } from "./imports";

interface Props {
  file: PreviewedFile;
  map: MapDocument;
  busy: boolean;
  onMap: (map: MapDocument) => void;
  onCancel?: () => void;
}

/** Their columns as our fields, their words as our codes. */
export function MapEditor({ file, map: given, busy, onMap, onCancel }: Props) {
  const api = useApi();
  const [map, setMap] = useState(given);
  const [name, setName] = useState("");
  const maps = useResource("/v1/import-maps", {});
  const keep = useChange(
    (_, document: MapDocument) =>
      api.PUT("/v1/import-maps/{map_name}", {
        params: { path: { map_name: mapName(name) }, header: { "If-Match": "*" } },
        body: document,
      }),
    ["/v1/import-maps"],
  );
  const lacks = missingFields(map);
  const fields = TYPES[map.type]?.fields ?? [];
  const from = map.client?.from;
  const client = (Array.isArray(from) ? from[0] : from) ?? "";
  const use = () => {
    const match = { header: Object.keys(map.columns).map((field) => columnOf(map, field)) };
    const document = file.map ? map : { ...map, match };
    if (mapName(name) === "") onMap(document);
    else keep.mutate(document, { onSuccess: () => onMap(document) });
  };
  return (
    <div className="stack">
      <div className="form-grid">
        <label className="field">
          <span>The rows are</span>
          <select value={map.type} onChange={(event) => setMap({ ...map, type: event.target.value, columns: {} })}>
            {[...new Set([...Object.keys(TYPES), map.type])].map((type) => (
              <option key={type} value={type}>
                {typeName(type)}
              </option>
            ))}
          </select>
        </label>
        <Columns
          label="The client is named in"
          file={file}
          value={client}
          onChange={(column) => setMap({ ...map, client: { by: "name", create: true, ...map.client, from: column } })}
        />
        <label className="field">
          <span>The system's short name</span>
          <input
            value={map.source ?? ""}
            maxLength={20}
            onChange={(event) => setMap({ ...map, source: event.target.value })}
          />
        </label>
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={map.client?.create ?? false}
          disabled={map.client?.by !== "name"}
          onChange={(event) =>
            setMap({ ...map, client: { from: client, by: "name", ...map.client, create: event.target.checked } })
          }
        />
        <span>Create clients that are not known by their name</span>
      </label>
      <div className="form-grid">
        {fields.map((field) => (
          <Columns
            key={field.name}
            label={field.needed ? `${field.label} (needed)` : field.label}
            file={file}
            value={columnOf(map, field.name)}
            onChange={(column) => setMap(withColumn(map, field.name, column))}
          />
        ))}
      </div>
      {fields
        .filter((field) => field.codes && columnOf(map, field.name))
        .map((field) => (
          <Words key={field.name} file={file} map={map} field={field.name} codes={field.codes ?? []} onMap={setMap} />
        ))}
      {lacks.length > 0 && <p className="field-error">Still needed: {lacks.join(", ")}.</p>}
      <label className="field">
        <span>Keep this under a name, for the next file of this kind (optional)</span>
        <input value={name} maxLength={64} list="kept-maps" onChange={(event) => setName(event.target.value)} />
        <datalist id="kept-maps">
          {maps.data?.items
            .filter((each) => !each.ready_made)
            .map((each) => (
              <option key={each.name} value={each.name} />
            ))}
        </datalist>
      </label>
      {keep.isError && <Refusal error={keep.error} />}
      <div className="form-actions">
        <Button kind="primary" busy={busy || keep.isPending} disabled={lacks.length > 0 || !client} onClick={use}>
          Read the file this way
        </Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </div>
  );
}

function Columns({
  label,
  file,
  value,
  onChange,
}: {
  label: string;
  file: PreviewedFile;
  value: string;
  onChange: (column: string) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">–</option>
        {file.columns.map(({ name, values }) => (
          <option key={name} value={name}>
            {name}
            {values[0] ? ` (${values[0]})` : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The words of one column, each with what it means. */
function Words({
  file,
  map,
  field,
  codes,
  onMap,
}: {
  file: PreviewedFile;
  map: MapDocument;
  field: string;
  codes: readonly string[];
  onMap: (map: MapDocument) => void;
}) {
  const held = map.values?.[field] ?? {};
  const counted = file.suggestion?.words.find((each) => each.field === field)?.words ?? [];
  const column = file.columns.find((each) => each.name === columnOf(map, field));
  const words = [...new Set([...counted.map(({ word }) => word), ...Object.keys(held), ...(column?.values ?? [])])];
  if (words.length === 0) return null;
  return (
    <fieldset>
      <legend className="field-name">
        {TYPES[map.type]?.fields.find((each) => each.name === field)?.label}: their words
      </legend>
      <div className="form-grid">
        {words.map((word) => (
          <label key={word} className="field">
            <span>
              {word === "*" ? "Any other word" : word === "" ? "Empty" : word}
              {counted.find((each) => each.word === word) && (
                <span className="muted"> × {counted.find((each) => each.word === word)?.count}</span>
              )}
            </span>
            <select
              value={held[word] ?? ""}
              onChange={(event) => onMap(withWord(map, field, word, event.target.value))}
            >
              {held[word] === undefined && <option value="">–</option>}
              {codes.map((code) => (
                <option key={code}>{code}</option>
              ))}
            </select>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
