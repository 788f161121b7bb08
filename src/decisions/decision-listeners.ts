/** Which destinations hear of decisions: a port, since whoever decides knows nothing of them. */
export abstract class DecisionListeners {
  /** Their keys, as of now. */
  abstract keys(): readonly string[];
}
