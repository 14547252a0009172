import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/min"

/** `national`: area code and local number, without the country's code and its trunk prefix. */
export type Phone = { e164: string; national: string; country: string | undefined }

/** A number in any spelling. One without a country's code is read as one of `country`; undefined where that is not told. */
export function phoneOf(text: string | null, country: string | null): Phone | undefined {
  if (text === null) return undefined
  const parsed = parsePhoneNumberFromString(text, (country ?? undefined) as CountryCode | undefined)
  if (!parsed?.isPossible()) return undefined
  const { number: e164, nationalNumber: national } = parsed
  return { e164, national, country: parsed.country }
}

/** Whether a CRM's field holds that very number: a search by national digits also finds those of other countries. */
export function isPhone(phone: Phone, field: string | undefined, country: string | null): boolean {
  const spelled = phoneOf(field ?? null, country ?? phone.country ?? null)
  return spelled?.e164 === phone.e164
}
