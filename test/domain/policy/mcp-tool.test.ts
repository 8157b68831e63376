import { isSameTool, McpTool, toolOf } from '../../../functions/domain/policy/mcp-tool.ts'
import { otherTools, writeFile } from '../../support/mcp-tool.ts'

/** The MCP tool that a call is bound to. */

test("the tool of a call is the catalogue's if the caller names none", () => {
  expect(toolOf({ mcp: writeFile }, {})).toEqual({ ok: true, value: writeFile })
})

test("the tool of a call is the caller's if the catalogue names none", () => {
  expect(toolOf({}, { mcp: writeFile })).toEqual({ ok: true, value: writeFile })
})

test('a call has no tool if neither names one', () => {
  expect(toolOf({}, {})).toEqual({ ok: true, value: undefined })
})

test.each(otherTools)(
  'a caller that names another %s than the catalogue is refused, and told which',
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
])('a name with %s is refused', (_, name) => {
  expect(McpTool.safeParse({ ...writeFile, tool: name }).success).toBe(false)
  expect(McpTool.safeParse({ ...writeFile, server: { ...writeFile.server, name } }).success).toBe(false)
  expect(McpTool.safeParse({ ...writeFile, server: { ...writeFile.server, version: name } }).success).toBe(false)
})

test('a digest of a schema has 43 characters after `sha-256:`', () => {
  expect(McpTool.safeParse(writeFile).success).toBe(true)
  expect(McpTool.safeParse({ ...writeFile, schema: 'sha-256:short' }).success).toBe(false)
})
