/** IPv4 addresses as text. */

export function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256)
}

export function toNumber(ip: string): number {
  let value = 0
  for (const part of ip.split('.')) value = value * 256 + Number(part)
  return value
}

export function inCidr(ip: string, cidr: string): boolean {
  if (!isIpv4(ip)) return false
  const [base = '', bits = '32'] = cidr.split('/')
  if (!isIpv4(base)) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(toNumber(ip) / size) === Math.floor(toNumber(base) / size)
}
