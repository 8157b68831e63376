import { saidByState } from '../../../functions/domain/anchor/receipt.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import { outcomeOf } from '../../../functions/domain/requests/wait.ts'
import type { Reducer } from './search.ts'

/** The reducer that runs in production. */
export const production: Reducer = { decide, evolve, outcomeOf, says: saidByState }
