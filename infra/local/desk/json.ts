/** A JSON object whose members have not been looked at yet. */
export type Json = { [member: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one: for reading members of blocks that the validator has already accepted. */
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

/** The objects in a list, or none. */
export const objectsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** The value when it is a string, else the empty string. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
