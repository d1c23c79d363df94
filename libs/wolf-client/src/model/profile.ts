/** A profile of Wolf's own UI (wolf-api §3.2). Its PIN, which Wolf lists in clear, is dropped where the answer is parsed. */
export interface WolfProfile {
  readonly id: string;
  readonly name: string;
  readonly pinRequired: boolean;
  readonly appCount: number;
}
