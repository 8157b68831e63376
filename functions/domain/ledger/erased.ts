import * as z from 'zod'
import { event } from '../event.ts'

/** On the chain of the person whose texts were removed: by the actor, and how many; not which. */
export const ErasedEvent = event('Erased', { texts: z.int().positive() })
export type ErasedEvent = z.infer<typeof ErasedEvent>
