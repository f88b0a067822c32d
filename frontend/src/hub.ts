/* On every page: suggestions below the search field, stops near the reader when asked, passkeys. */
import { findNearby } from "./nearby";
import { offerPasskey } from "./passkeys";
import { suggestWhileTyping } from "./suggestions";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-typeahead]")) suggestWhileTyping(form);
for (const place of document.querySelectorAll<HTMLElement>("[data-near]")) findNearby(place);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) offerPasskey(form);
