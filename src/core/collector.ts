// One collector, many spellings: RIS Live writes `rrc21.ripe.net`, archives `rrc21`, RouteViews' own hosts
// `route-views2.routeviews.org`, their topics and routers now `linx` and now `route-views.linx`. Under one
// name what each feed tells of a vantage point comes together.

/** Whether strangers may name a collector so: what has other signs might be an own router, or worse. */
export const isCollector = (name: string): boolean => /^[\w-][\w.-]*$/.test(name)

/** The name as archives have it; what is no name of RIS or RouteViews stays as it is. */
export function collectorName(given: string): string {
  const name = given.toLowerCase()
  if (/^rrc\d{2}(\.ripe\.net)?$/.test(name)) return name.slice(0, 5)
  const host = /^(?:routeviews\.)?(.+?)\.(?:routeviews\.org|oregon-ix\.net)$/.exec(name)?.[1]
  if (host !== undefined) return routeViewsName(host)
  return /^route-?views\d*([.-][a-z0-9]+)*$/.test(name) ? routeViewsName(name) : given
}

/** The same of one that is known to be RouteViews': of a topic, or of a router in their stream. */
export function routeViewsName(given: string): string {
  const name = given
    .toLowerCase()
    .replace(/\.(?:routeviews\.org|oregon-ix\.net)$/, '')
    .replace(/^routeviews(?=\d|$)/, 'route-views')
    .replace(/^(?:routeviews|route-views)[.-](?=route-views)/, '')
    .replace(/^routeviews[.-]/, 'route-views.')
  // Of the exchanges whose collectors had that in front of their names, both are written.
  return exchanges.has(name) ? `route-views.${name}` : name
}

/** Collectors of RouteViews that are named after `route-views.` in the archive. */
const exchanges = new Set(
  (
    'amsix bdix bknix chicago chile eqix flix fortaleza gixa gorex isc jinx kixp linx mwix ' +
    'napafrica nwax ny perth peru phoix rio saopaulo sfmix sg siex soxrs sydney telxatl uaeix wide'
  ).split(' '),
)
