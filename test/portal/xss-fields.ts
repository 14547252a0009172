// Every text that somebody else decides, and that a page may show.

/** Markup that says which field it was in. */
export const evil = (field: string) =>
  `"'><img src=x onerror="at('${field}')"></textarea></pre><script>at('${field}')</script>`
export const sign = (field: string) => `at('${field}')`
export const asText = (field: string) => `at(&#39;${field}&#39;)`

// Put there through the API, by the PBX's collector, by a receiver's answer.
export const STORED = [
  ..."tenant.name source.name key.name".split(" "),
  ..."endpoint.url endpoint.description endpoint.header endpoint.metadata.key endpoint.metadata.value".split(
    " ",
  ),
  ..."endpoint.filter.path endpoint.filter.value endpoint.transform endpoint.auth.name".split(" "),
  ..."connector.description connector.map connector.disposition connector.metadata".split(" "),
  ..."pbx.uuid pbx.name pbx.detail pbx.status pbx.time pbx.variable.name pbx.variable.value".split(
    " ",
  ),
  ..."pbx.header.name pbx.header.value pbx.number pbx.contact.name pbx.contact.key".split(" "),
  ..."collector.version gap.reason receiver.body receiver.test crm.body".split(" "),
  ..."transform.output transform.header event.in.preview".split(" "),
]
// Typed into a form that is refused, and shown again.
export const FORM = [
  ..."url description patterns filter transform headers metadata rateLimit secret".split(" "),
  ..."auth-token auth-username auth-password auth-name auth-value".split(" "),
  ..."auth-tokenUrl auth-clientId auth-clientSecret auth-refreshToken auth-scope".split(" "),
  ..."instanceUrl companyDomain callIdField timeZone matchField country map".split(" "),
  ..."disposition-answered disposition-busy".split(" "),
]
// Of an address.
export const ASKED = [
  ..."status uuid type endpointId eventType after done window cursor count within".split(" "),
  ..."kind events example q token ended target".split(" "),
]
