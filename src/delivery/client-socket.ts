/** A client's open connection; `ws` behind it in the server. */
export interface ClientSocket {
  /** Resolves when the client's side has taken it in; rejects when it is not known to have. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  onText(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
}
