import { decide } from '../../../functions/domain/decide.ts'
import { evolve } from '../../../functions/domain/evolve.ts'
import { outcomeOf } from '../../../functions/domain/wait.ts'
import type { Reducer } from './search.ts'

/** The reducer that runs in production, as it is. */
export const production: Reducer = { decide, evolve, outcomeOf }
