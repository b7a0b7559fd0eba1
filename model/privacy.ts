/**
 * Which names of columns look private: what tells who somebody is, what lets somebody in, what people write freely (a remark
 * beside a leave says why), what somebody earns. Such a column must be decided about in the model: forgetting one would put it
 * into the lake, where nobody gets it out of the backups again.
 */

/** Whole words of a name, as `_` or a change of case separates them. */
const WORDS: readonly string[] = [
  ...[
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "fax",
    "firstname",
    "lastname",
    "fullname",
    "surname",
    "forename",
  ],
  ...[
    "ssn",
    "nir",
    "passport",
    "iban",
    "bic",
    "birthday",
    "birthdate",
    "birthplace",
    "birth",
    "dob",
    "age",
    "gender",
    "sex",
  ],
  ...[
    "pronoun",
    "pronouns",
    "nationality",
    "religion",
    "ethnicity",
    "disability",
    "diagnosis",
    "address",
    "street",
    "zip",
  ],
  ...["zipcode", "postcode", "latitude", "longitude", "password", "secret", "token", "avatar", "photo", "signature"],
  ...["certificate", "ip", "license", "badge", "card", "pin"],
  ...["comment", "comments", "note", "notes", "remark", "remarks", "message", "messages", "reason", "reasons"],
  ...["wage", "wages", "salary", "salaries"],
];

/** Words that are private only beside others. */
const PAIRS: readonly RegExp[] = [
  /(^|_)(first|last|given|family|middle|maiden|full|nick|birth|legal|preferred)_name(_|$)/,
  /(^|_)(social_security|national_id|tax_id|tax_number|bank_account|account_number|postal_code)(_|$)/,
  /(^|_)e_mail(_|$)/,
];

export function looksPrivate(column: string): boolean {
  const name = column.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();
  return name.split("_").some((word) => WORDS.includes(word)) || PAIRS.some((pair) => pair.test(name));
}
