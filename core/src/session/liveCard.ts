import type { ResultCard } from "./card";
import type { HostPort } from "./ports";
import type { Disposable } from "../lifetime";

/** Milliseconds from one card to the next while a run goes on. */
const PACE = 400;

/** Tells a run's card again and again until it is disposed; the first after a while: a short run has its last one only. */
export function tellCards(
  host: HostPort,
  card: () => ResultCard,
  tell: (card: ResultCard) => void,
): Disposable {
  let next: Disposable;
  const later = () => {
    next = host.schedule(() => {
      later();
      tell(card());
    }, PACE);
  };
  later();
  return { dispose: () => next.dispose() };
}
