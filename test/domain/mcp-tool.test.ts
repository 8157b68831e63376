import { isSameTool, McpTool, toolOf } from '../../functions/domain/policy/mcp-tool.ts'
import { otherTools, writeFile } from '../support/mcp-tool.ts'

/** What a call to an MCP server's tool is bound to. */

test('the catalogue’s tool is meant where the caller names none', () => {
  expect(toolOf({ mcp: writeFile }, {})).toEqual({ ok: true, value: writeFile })
})

test('the caller’s tool is meant where the catalogue names none', () => {
  expect(toolOf({}, { mcp: writeFile })).toEqual({ ok: true, value: writeFile })
})

test('no tool is meant where no one names one', () => {
  expect(toolOf({}, {})).toEqual({ ok: true, value: undefined })
})

test.each(otherTools)(
  'a caller that means another %s than the catalogue is refused, and told which',
  (_, mcp, says) => {
    expect(toolOf({ mcp: writeFile }, { mcp })).toMatchObject({
      ok: false,
      code: 'tool_changed',
      detail: expect.stringContaining(says),
    })
    expect(isSameTool(writeFile, mcp)).toBe(false)
  },
)

test('the same tool is the same in another order of members', () => {
  const { server, tool, schema } = writeFile
  const { name, version } = server
  expect(isSameTool({ schema, tool, server: { version, name } }, writeFile)).toBe(true)
  expect(isSameTool(undefined, writeFile)).toBe(false)
  expect(isSameTool(writeFile, undefined)).toBe(false)
})

test.each([
  ['a control character', 'write\u0000file'],
  ['a line break', 'write\nfile'],
  ['an escape of a terminal', '\u001b[2Jwrite'],
  ['a direction that is turned', 'write\u202efile'],
  ['a character of no width', 'write\u200bfile'],
  ['nothing in it', ''],
  ['more than 128 characters', 'a'.repeat(129)],
])('a name with %s is none', (_, name) => {
  expect(McpTool.safeParse({ ...writeFile, tool: name }).success).toBe(false)
  expect(McpTool.safeParse({ ...writeFile, server: { ...writeFile.server, name } }).success).toBe(false)
  expect(McpTool.safeParse({ ...writeFile, server: { ...writeFile.server, version: name } }).success).toBe(false)
})

test('a digest of a schema has 43 characters after `sha-256:`', () => {
  expect(McpTool.safeParse(writeFile).success).toBe(true)
  expect(McpTool.safeParse({ ...writeFile, schema: 'sha-256:short' }).success).toBe(false)
})
