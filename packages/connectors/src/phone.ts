import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/min"

/** `national`: area code and local number, without the country code and the trunk prefix. */
export type Phone = { e164: string; national: string; country: string | undefined }

/**
 * Parses a number in any notation. A number without a country code is read as one of `country`.
 * Undefined if no country is given.
 */
export function phoneOf(text: string | null, country: string | null): Phone | undefined {
  if (text === null) return undefined
  const parsed = parsePhoneNumberFromString(text, (country ?? undefined) as CountryCode | undefined)
  if (!parsed?.isPossible()) return undefined
  const { number: e164, nationalNumber: national } = parsed
  return { e164, national, country: parsed.country }
}

/**
 * Whether a CRM's field contains exactly this number: a search by national digits also finds
 * numbers of other countries.
 */
export function isPhone(phone: Phone, field: string | undefined, country: string | null): boolean {
  const spelled = phoneOf(field ?? null, country ?? phone.country ?? null)
  return spelled?.e164 === phone.e164
}
