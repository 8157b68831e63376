// Rules: test/infra/lambdas.test.ts
import { Lazy, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

type Values = { readonly [variable: string]: string | undefined }

const said = new WeakMap<Stack, Map<string, string | undefined>>()

/** Sets variables of a construct's resources for the functions of its stack. Variables without a value are left out. */
export function say(scope: Construct, values: Values): void {
  const stack = Stack.of(scope)
  const known = said.get(stack) ?? new Map()
  for (const [variable, value] of Object.entries(values)) known.set(variable, value)
  said.set(stack, known)
}

/** The value of a variable, which may be set later. @throws at synth if no construct sets it */
export const lookUp = (scope: Construct, variable: string): string =>
  Lazy.string({
    produce: () => {
      const known = said.get(Stack.of(scope))
      if (!known?.has(variable)) throw new Error(`\`${scope.node.id}\` needs ${variable}, which no construct sets`)
      return known.get(variable)
    },
  })
