// Rules: test/domain/requests/ask-back.test.ts
import * as z from 'zod'

/**
 * Characters that hide words or change their order: controls, direction marks, lone surrogates and invisible ones,
 * except line breaks, tabs, and joiners for emoji and Persian.
 */
const hidden = /(?!\n|\r|\t|\u200C|\u200D|\uFE0F)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const unseen = /\s|\u200C|\u200D|\uFE0F/gu

/** The most characters of a question to the agent, and of its answer. */
export const mostText = 1000
/** The most characters of words to the agent beside a decision. */
export const mostToAgent = 500

/** Words between people and an agent. Markup and mentions are text: each place that shows it makes it inert. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !hidden.test(text), { error: 'has control, direction or invisible characters: leave them out' })
    .refine((text) => text.replace(unseen, '') !== '', { error: 'is empty: write some words' })
