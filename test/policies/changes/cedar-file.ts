import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Expr,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  policyToText,
} from '@cedar-policy/cedar-wasm/nodejs'
import { type Copy, sampleFolder } from '../sample.ts'

/** A policy of the sample that a test may rewrite. */
export type Policy = { file: string; id: string; text: string; json: PolicyJson }

export const policyFiles = readdirSync(sampleFolder).filter((name) => name.endsWith('.cedar'))

export const policies: readonly Policy[] = policyFiles.flatMap((name) => {
  const parts = policySetTextToParts(readFileSync(join(sampleFolder, name), 'utf8'))
  if (parts.type === 'failure') throw new Error(`${name} does not parse`)
  return parts.policies.map((text) => {
    const parsed = policyToJson(text)
    if (parsed.type === 'failure') throw new Error(`a policy of ${name} does not parse`)
    return { file: `policies/${name}`, id: parsed.json.annotations?.['id'] ?? '', text, json: parsed.json }
  })
})

export const policyNamed = (id: string): Policy => {
  const found = policies.find((policy) => policy.id === id)
  if (!found) throw new Error(`the sample has no policy \`${id}\``)
  return found
}

export const printed = (json: PolicyJson): string => {
  const text = policyToText(json)
  if (text.type === 'failure') throw new Error(JSON.stringify(text.errors))
  return text.text
}

/** Replaces a policy; undefined removes it. */
export const rewrite = (copy: Copy, { file, text }: Policy, json: PolicyJson | readonly PolicyJson[] | undefined) =>
  copy.edit(file, (whole) =>
    whole.replace(text, () =>
      [json ?? []]
        .flat()
        .map((each) => printed(each as PolicyJson))
        .join('\n\n'),
    ),
  )

/** Each expression of a policy, with a function that replaces it. */
export function expressionsOf(
  json: PolicyJson,
): readonly { expression: Expr; replaced: (other: Expr) => PolicyJson }[] {
  type Found = { expression: Expr; replaced: (other: Expr) => PolicyJson }
  const within = (node: Expr, put: (other: Expr) => PolicyJson): Found[] => [
    { expression: node, replaced: put },
    ...Object.entries(node).flatMap(([operator, operands]) =>
      Object.entries(Object(operands) as { [name: string]: Expr }).flatMap(([name, operand]) =>
        typeof operand === 'object' && operand !== null && operator !== 'Value' && name !== 'pattern'
          ? within(operand, (other) =>
              put(
                (Array.isArray(operands)
                  ? { [operator]: operands.map((each, at) => (String(at) === name ? other : each)) }
                  : { [operator]: { ...Object(operands), [name]: other } }) as Expr,
              ),
            )
          : [],
      ),
    ),
  ]
  return json.conditions.flatMap((clause, at) =>
    within(clause.body, (body) => ({
      ...json,
      conditions: json.conditions.map((each, index) => (index === at ? { ...each, body } : each)),
    })),
  )
}

export const operandsOf = (expression: Expr, operator: '&&' | '||' | '<' | '>=' | '>' | '==') => {
  const { [operator]: operands } = expression as { [name: string]: { left: Expr; right: Expr } | undefined }
  return operands
}

export const pathOf = (expression: Expr | undefined): string => {
  const { Var, '.': member } = Object(expression) as { Var?: string; '.'?: { left: Expr; attr: string } }
  return Var ?? (member ? `${pathOf(member.left)}.${member.attr}` : '')
}

export const literalOf = (expression: Expr | undefined): unknown => Object(expression)['Value']
