/** What the person who imports has decided for all tools. */
export type Wish = {
  /** What stands before the colon of each action. */
  name: string
  /** Of tools.json: the gate. */
  tool?: string | undefined
  group?: string | undefined
  /** Arguments that name what a tool acts on; of each tool the first that it has. */
  resource: readonly string[]
  /** For text to which the server gives no bound. */
  maxLength?: number | undefined
  /** For numbers to which the server gives no bounds. */
  integers?: readonly [from: number, to: number] | undefined
}

export type JsonObject = { readonly [name: string]: unknown }
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
