import { useEffect, useRef, useState } from "react";
import { Line } from "./icons";
import "./SearchField.css";

const PAUSE_MS = 300;

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A search box that tells what was typed when typing pauses. */
export function SearchField({ label, value, onChange }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;

  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <label className="search">
      <Line name="search" size={16} />
      <span className="visually-hidden">{label}</span>
      <input
        type="search"
        value={text}
        placeholder={label}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}
