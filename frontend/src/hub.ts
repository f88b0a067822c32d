/* On every page: suggestions below the search field, and stops near the reader when asked. */
import { findNearby } from "./nearby";
import { suggestWhileTyping } from "./suggestions";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-typeahead]")) suggestWhileTyping(form);
for (const place of document.querySelectorAll<HTMLElement>("[data-near]")) findNearby(place);
