/** What Kubernetes adds to CEL; expected values are those of the documentation of each library and of Go's net packages. */
import { beforeAll, expect, test } from 'vitest'
import { loadEngines } from '../../../src/api/custom/engines.ts'
import type { Engines } from '../../../src/api/custom/rule.ts'

let engines: Engines
beforeAll(async () => {
  engines = await loadEngines()
})

const evaluate = (expression: string, self: unknown = 'x') =>
  engines.compileRule(expression).evaluate({ self })

test.each([
  "ip('192.168.0.1').family() == 4 && ip('2001:db8::68').family() == 6",
  "isIP('::ffff:1.2.3.4') && !isIP('192.168.0.0/24') && !isIP('1.2.3')",
  "ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('192.168.0.1').isLoopback()",
  "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified()",
  "ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()",
  "ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
  "ip('192.168.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast() && !ip('127.0.0.1').isGlobalUnicast()",
  "string(ip('2001:0db8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1'",
  "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && !cidr('192.168.0.0/24').containsIP('192.168.1.1')",
  "cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && !cidr('192.168.1.0/24').containsCIDR('192.168.2.0/24')",
  "cidr('::1/128').ip() == ip('0:0::1') && ip('1.2.3.4') != ip('1.2.3.5') && quantity('1') == quantity('1000m')",
  "string(cidr('192.168.0.7/24').masked()) == '192.168.0.0/24' && cidr('192.168.0.0/16').prefixLength() == 16",
  "url('https://example.com:80/path?k=a&k=b').getHost() == 'example.com:80'",
  "url('https://[::1]:80/').getHostname() == '::1' && url('https://example.com:80/').getPort() == '80'",
  "url('https://example.com/a%20b').getEscapedPath() == '/a%20b'",
  "url('https://x/?k1=a&k2=b&k2=c').getQuery()['k2'] == ['b', 'c']",
  "isURL('https://user:pass@example.com:80/path') && !isURL('../relative-path') && isURL('/absolute-path')",
  "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))",
  "semver('1.0.0-alpha.9').compareTo(semver('1.0.0-alpha.10')) == -1 && semver('v01.01', true).minor() == 1",
  "!isSemver('v1.0') && isSemver('v1.0', true) && !isSemver('hello')",
  "quantity('50k').asInteger() == 50000 && quantity('50.5').isInteger() == false && quantity('1500m').asApproximateFloat() == 1.5",
  "quantity('50k').add(quantity('20k')).compareTo(quantity('70k')) == 0 && quantity('50k').sub(20000).compareTo(quantity('30k')) == 0",
  "!format.dns1123Label().validate('my-label-name').hasValue() && format.dns1123Label().validate('contains a space').hasValue()",
  "format.named('dns1035Label').value().validate('0starts').hasValue() && !format.named('unknown').hasValue()",
  "!format.dns1123LabelPrefix().validate('web-').hasValue() && format.date().validate('2024-13-01').hasValue()",
  'sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])',
  "'%s is %d of %.2f'.format(['it', 3, 1.5]) == 'it is 3 of 1.50' && 'abc'.reverse() == 'cba'",
  "'hello hello'.replace('he', 'we', 1) == 'wello hello' && strings.quote('a\"b') == '\"a\\\\\"b\"'",
  '[1, 2, 3].isSorted() && [1, 2].sum() == 3 && [3, 1].min() == 1 && [1, 2, 2].lastIndexOf(2) == 2',
  "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
])('%s', (expression) => {
  expect(evaluate(expression)).toBe(true)
})
