/** How the way to a host is doing, for the dashboard and for the choice of a node. */
export interface TransportHealth {
  /**
   * `connecting`: there is no connection, and no reason to think there cannot be one. `unreachable`: the last tries
   * failed, the next follow. `refused`: the host shows another key than the pinned one, or does not take ours.
   */
  state: 'connected' | 'connecting' | 'unreachable' | 'refused';
  /** Unix ms. */
  since: number;
  /** One sentence. */
  detail: string;
  /** Connections in a row that failed, or were lost as soon as they were there. */
  failures: number;
  /** Unix ms until which nothing new should be given to this host; null when it may be used. */
  setAsideUntil: number | null;
}
