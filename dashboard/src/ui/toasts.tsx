/** Short news of what has been done, read out politely and gone after a while. */
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { Button } from "./Button";
import { Line } from "./icons";
import "./toasts.css";

type Tone = "good" | "bad";
/** What can still be done about it, and for how long. */
interface Action {
  label: string;
  run: () => void;
  forMs: number;
}
type Say = (text: string, tone?: Tone, action?: Action) => void;

const SHOWN_MS = 8000;
const ToastContext = createContext<Say>(() => {});

export function useToast(): Say {
  return useContext(ToastContext);
}

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ id: number; text: string; tone: Tone; action: Action | undefined }[]>([]);
  const next = useRef(1);
  const remove = useCallback((id: number) => setShown((all) => all.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (text, tone = "good", action) => {
      const id = next.current++;
      setShown((all) => [...all.slice(-2), { id, text, tone, action }]);
      setTimeout(() => remove(id), action?.forMs ?? SHOWN_MS);
    },
    [remove],
  );
  return (
    <ToastContext value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {shown.map(({ id, text, tone, action }) => (
          <div key={id} className={`toast toast-${tone}`}>
            <span>{text}</span>
            {action && (
              <Button
                small
                onClick={() => {
                  action.run();
                  remove(id);
                }}
              >
                {action.label}
              </Button>
            )}
            <Button kind="quiet" small onClick={() => remove(id)} aria-label="Dismiss">
              <Line name="close" size={16} />
            </Button>
          </div>
        ))}
      </div>
    </ToastContext>
  );
}
