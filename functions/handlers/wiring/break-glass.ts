// Rules: test/infra/lambdas.test.ts
import { DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { LambdaActualReader } from '../../adapters/lambda/actual-reader.ts'
import type { Log } from '../../operations/ports.ts'

/** The evidence of reviews and drill reports that is not in the requests table: recorded calls and posted messages. */
export const trailPortsIn = (
  { CARDS_TABLE, READ_CALLS_FUNCTION }: { CARDS_TABLE: string; READ_CALLS_FUNCTION: string },
  log: Log,
) => ({
  actual: new LambdaActualReader(READ_CALLS_FUNCTION, log),
  cards: new DynamoCardStore(connect(), CARDS_TABLE),
})
