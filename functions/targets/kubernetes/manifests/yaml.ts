// Rules: test/targets/kubernetes/export.test.ts
import type { Json } from '../../../domain/values.ts'

/**
 * YAML of JSON: block style, each text in double quotes, which YAML reads as JSON does, and a text of many lines as it
 * is. Members stay in their order.
 */
export const yamlOf = (documents: readonly Json[]): string =>
  documents.map((each) => `${lines(each, '').join('\n')}\n`).join('---\n')

function lines(value: Json, indent: string): readonly string[] {
  if (Array.isArray(value) && value.length > 0)
    return (value as readonly Json[]).flatMap((each) => {
      const [first = '', ...rest] = lines(each, `${indent}  `)
      return [`${indent}- ${first.trimStart()}`, ...rest]
    })
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
    return Object.entries(value as { readonly [name: string]: Json }).flatMap(([name, each]) => {
      const key = `${indent}${/^[A-Za-z][\w./-]*$/.test(name) ? name : JSON.stringify(name)}:`
      if (typeof each === 'string' && each.includes('\n'))
        return [`${key} |-`, ...each.split('\n').map((line) => `${indent}  ${line}`)]
      if (typeof each === 'object' && each !== null && Object.keys(each).length > 0)
        return [key, ...lines(each, `${indent}  `)]
      return [`${key} ${JSON.stringify(each)}`]
    })
  return [`${indent}${JSON.stringify(value)}`]
}
