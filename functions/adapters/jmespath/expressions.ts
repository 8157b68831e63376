// Rules: test/adapters/previews/state-reader.test.ts
import { search } from '@aws-lambda-powertools/jmespath'
import type { Json, JsonObject } from '../../domain/values.ts'
import type { Expressions } from '../../operations/previews/sources.ts'

/** JMESPath. The library caches a hundred parsed expressions. */
export class JmesPathExpressions implements Expressions {
  search(expression: string, value: JsonObject): Json | undefined {
    return search(expression, value as Parameters<typeof search>[1]) as Json | undefined
  }
}
