// Rules: test/client/mcp/import/import.test.ts
/** The importing person's choices for all tools. */
export type Wish = {
  /** The part before the colon of each action. */
  name: string
  /** The gate, in tools.json. */
  tool?: string | undefined
  group?: string | undefined
  /** Arguments that may name a tool's resource; the first that the tool has counts. */
  resource: readonly string[]
  /** The bound for text that has none from the server. */
  maxLength?: number | undefined
  /** The bounds for numbers that have none from the server. */
  integers?: readonly [from: number, to: number] | undefined
}

export type JsonObject = { readonly [name: string]: unknown }
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
