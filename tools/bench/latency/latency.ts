/**
 * The latency of one step at one rate, in milliseconds. `held` is the part of the delays; at a rate that is not
 * `carried` the machine fell behind.
 */
export type Latency = {
  what: string
  rate: string
  p50: number
  p95: number
  count: number
  held?: number
  carried: boolean
}
export const alone = 'one at a time'
export const atRate = (perSecond: number): string => `${perSecond} a second`

/** L2's targets, in milliseconds. */
export const latencyTargets: { [what: string]: number } = {
  'request to card': 1500,
  'click to AWS credentials': 1500,
  'begin a use': 40,
}
