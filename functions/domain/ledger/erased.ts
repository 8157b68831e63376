// Rules: test/operations/ledger/erase-texts.test.ts
import * as z from 'zod'
import { event } from '../event.ts'

/** The erasure of a person's texts, on that person's chain: its actor and the number of texts. */
export const ErasedEvent = event('Erased', { texts: z.int().positive() })
export type ErasedEvent = z.infer<typeof ErasedEvent>
