/** Selections kept in the address, so that a page can be linked, reloaded and gone back to. */
import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** The parameters of the address, and a setter; an empty value takes a parameter away. */
export function useAddress(): [URLSearchParams, (changes: Record<string, string | null>, replace?: boolean) => void] {
  const [parameters, setParameters] = useSearchParams();
  const change = useCallback(
    (changes: Record<string, string | null>, replace = false) => {
      setParameters(
        (held) => {
          const next = new URLSearchParams(held);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace },
      );
    },
    [setParameters],
  );
  return [parameters, change];
}

/** The value if it is one of those there are, else null: an address can hold anything. */
export function known<Value extends string>(value: string | null, values: readonly Value[]): Value | null {
  return values.find((each) => each === value) ?? null;
}

/** The value if it is one of those there are, else the default. */
export function oneOf<Value extends string>(value: string | null, values: readonly Value[], fallback: Value): Value {
  return known(value, values) ?? fallback;
}

export function pageNumber(parameters: URLSearchParams): number {
  const number = Number(parameters.get("page"));
  return Number.isInteger(number) && number >= 1 && number <= 1000 ? number : 1;
}
