import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { Digest, defined } from '../values.ts'

/** Texts and addresses for people, which an agent attaches to its ask. They are personal texts. */

const most = 5
const mostBytes = 32_768
const mediaTypes = ['text/plain', 'text/markdown', 'application/json'] as const

const bytesOf = (text = ''): number => new TextEncoder().encode(text).length

export const EvidenceBody = z
  .array(
    z.object({
      title: z.string().min(1, 'should have 1 to 256 characters').max(256, 'should have 1 to 256 characters'),
      url: z.string().optional().describe('https, at a host of the deployment. The content behind it is not pinned.'),
      text: z.string().min(1, 'should not be empty: leave it out').optional(),
      media_type: z.enum(mediaTypes).optional().describe('The type of `text`; without it: `text/plain`.'),
    }),
  )
  .max(most, `should have at most ${most} items: leave out the others, or put several into one text`)
  .refine(
    (all) =>
      all.reduce((sum, { title, url, text }) => sum + bytesOf(title) + bytesOf(url) + bytesOf(text), 0) <= mostBytes,
    `titles, addresses and texts should have at most ${mostBytes} bytes together in UTF-8: shorten the texts`,
  )
export type EvidenceBody = z.infer<typeof EvidenceBody>

/** One item as it is stored. The digest stays when its texts are erased. */
export const Evidence = z.strictObject({
  title: z.string(),
  url: z.string().optional(),
  text: z.string().optional(),
  media_type: z.enum(mediaTypes).optional(),
  digest: Digest,
})
export type Evidence = z.infer<typeof Evidence>

export function evidenceOf(said: EvidenceBody): Evidence[] | undefined {
  if (said.length === 0) return undefined
  return said.map(({ title, url, text, media_type }) => {
    const item = defined({ title, url, text, media_type })
    return { ...item, digest: digestOf('hotwork.evidence.v1', item) }
  })
}
