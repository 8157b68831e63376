// Rules: test/targets/kubernetes/check.test.ts

const whole = /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*|\["[A-Za-z0-9._/-]+"\])+$/
const step = /\.?([A-Za-z][A-Za-z0-9]*)|\["([A-Za-z0-9._/-]+)"\]/g
const unsafe: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** A step of a field's path. A member of a map, such as a label, may be absent, which is not the empty text. */
export type Segment = { name: string; inMap: boolean }

/**
 * The steps of `spec.replicas` or `metadata.labels["team"]`. A path has no `=`, so its group's text ends it.
 * @returns undefined if it is no path of a field
 */
export function segmentsOf(path: string): readonly Segment[] | undefined {
  if (!whole.test(path)) return undefined
  const segments = [...path.matchAll(step)].map(([, member, key]) => ({
    name: member ?? key ?? '',
    inMap: key !== undefined,
  }))
  return segments.some(({ name }) => unsafe.includes(name)) ? undefined : segments
}
