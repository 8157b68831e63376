/** A tool of an MCP server. `schema` is `sha-256:` over RFC 8785 of the tool's `inputSchema`. */
export type McpTool = {
  readonly server: { readonly name: string; readonly version: string }
  readonly tool: string
  readonly schema: string
}
