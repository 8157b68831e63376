// Rules: test/domain/requests/ask-back.test.ts
import * as z from 'zod'

/** Controls but line breaks and tabs, direction marks, and tag characters: they hide words or change their order. */
const hidden = /(?![\n\r\t])\p{Cc}|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]|[\u{E0000}-\u{E0FFF}]/u

/** The most characters of a question to the agent, and of its answer. */
export const mostText = 1000

/** Words between people and an agent. Markup and mentions are text: each place that shows it makes it inert. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !hidden.test(text), { error: 'has control or direction characters: leave them out' })
