// Rules: test/client/openapi.test.ts
import * as z from 'zod'

/**
 * The schemas of this API's answers, shared by the server that writes them, the client that reads them and the OpenAPI
 * document. Objects are loose, so that a client ignores unknown members.
 */

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
/** An answer as the server writes it: immutable, before defaults. */
export type Said<Schema extends z.ZodType> = Frozen<z.input<Schema>>

export const time = z.iso.datetime({ offset: true })
export const Members = z.record(z.string(), z.unknown())

/** Servers write one of these words. Readers accept any word, because a newer server may have more. */
export const word = <const Word extends string>(...known: readonly Word[]) =>
  z.string().meta({ enum: known }) as unknown as z.ZodType<string, Word>

export const idOf = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`))

export const Resource = z.looseObject({ type: z.string(), id: z.string() })
/**
 * The source of a parent task: the agent's own program, a tool map, an HTTP header, the session of an
 * MCP host, the metadata of a call, or an argument that a model chose.
 */
export const TaskSource = z.enum(['agent', 'map', 'header', 'session', 'meta', 'argument'])
export type TaskSource = z.infer<typeof TaskSource>

export const ParentTask = z.looseObject({ id: z.string(), url: z.string().optional() })
/** Texts and addresses for people, which an agent attaches to its ask. The record lacks the content behind `url`. */
export const Evidence = z.looseObject({
  title: z.string(),
  url: z.string().optional(),
  text: z.string().optional(),
  media_type: z.string().optional(),
})
export const McpTool = z.looseObject({
  server: z.looseObject({ name: z.string(), version: z.string() }),
  tool: z.string(),
  schema: z.string(),
})
