/** The field of a configuration for what other programs have no word for. */
export const OWN_FIELD = "vitfreeze";
