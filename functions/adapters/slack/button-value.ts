import type * as z from 'zod'

/** What a button of ours, or the form that it opens, is about; undefined for a value that none of ours has. */
export function readValue<T>(shape: z.ZodType<T>, value: unknown): T | undefined {
  if (typeof value !== 'string' || value.length > 256) return undefined
  try {
    return shape.safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}
