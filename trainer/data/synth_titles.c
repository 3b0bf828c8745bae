#include "synth_titles.h"

#include "rng.h"

static const char *const adjectives[] = {
    "Amber",    "Bashful",   "Borrowed", "Brindled",   "Candid",   "Careless",  "Cobalt",
    "Crooked",  "Dappled",   "Drowsy",   "Earnest",    "Faded",    "Feathered", "Folded",
    "Frugal",   "Gilded",    "Glazed",   "Hasty",      "Hollow",   "Idle",      "Jaunty",
    "Knitted",  "Lopsided",  "Marbled",  "Mended",     "Mossy",    "Muffled",   "Nimble",
    "Ochre",    "Patient",   "Pewter",   "Plaited",    "Polite",   "Quilted",   "Restless",
    "Ruffled",  "Salted",    "Scuffed",  "Sheltered",  "Slanted",  "Sleepless", "Spare",
    "Stubborn", "Sunken",    "Tardy",    "Threadbare", "Tilted",   "Unposted",  "Varnished",
    "Velvet",   "Wandering", "Wayward",  "Whittled",   "Windward", "Woollen",   "Zealous",
};

static const char *const nouns[] = {
    "Almanac",    "Anvil",      "Aqueduct",   "Archivist",   "Awning",      "Barometer",
    "Beekeeper",  "Bellows",    "Bookbinder", "Candlestick", "Caravan",     "Cartwright",
    "Cellist",    "Chandler",   "Clockwork",  "Cobbler",     "Compass",     "Cooper",
    "Cormorant",  "Cupboard",   "Dovecote",   "Drawbridge",  "Dulcimer",    "Embroiderer",
    "Ferryman",   "Fiddler",    "Foghorn",    "Footbridge",  "Gardener",    "Glassblower",
    "Granary",    "Haystack",   "Hedgehog",   "Heron",       "Hourglass",   "Inkwell",
    "Juniper",    "Kettle",     "Lacemaker",  "Ladder",      "Lantern",     "Letterbox",
    "Loom",       "Magpie",     "Mapmaker",   "Marionette",  "Meadow",      "Millstone",
    "Mooring",    "Nettle",     "Nightwatch", "Oarsman",     "Orchard",     "Otter",
    "Parasol",    "Pawnbroker", "Pendulum",   "Plum Tree",   "Quarry",      "Quince",
    "Rainmaker",  "Reservoir",  "Saddler",    "Sandbank",    "Scaffold",    "Sextant",
    "Signalman",  "Snowplough", "Sparrow",    "Spinet",      "Staircase",   "Sundial",
    "Tanner",     "Teapot",     "Thimble",    "Tollhouse",   "Trellis",     "Turnstile",
    "Umbrella",   "Viaduct",    "Wainscot",   "Weathervane", "Wheelwright", "Windlass",
    "Woodcutter", "Wren",       "Yarrow",     "Zither",
};

static const char *const places[] = {
    "Aldermoor",        "Ashcombe Weir", "Belléry",    "Brökenau",     "Castelrío",    "Corvenna",
    "Dunmarrow",        "Ebbing Quay",   "Fjällsund",  "Garrowby",     "Hällevik",     "Ilverstone",
    "Kestrel Bay",      "Königsried",    "Larkhollow", "Montrévy",     "Nørhavn",      "Ostrale",
    "Penmarrow",        "Quillemont",    "Rüstenbach", "Saint-Aubrée", "Sorvino Alta", "Tarnwick",
    "Umberleigh Sands", "Valdorée",      "Vinterås",   "Wexley Tor",   "Ystermark",    "Zandereen",
};

static const char *const people[] = {
    "Agathe",  "Anselm",  "Béatrix", "Bertil", "Clémence", "Cosimo",     "Dagny",
    "Edda",    "Émile",   "Fenella", "Göran",  "Hedwig",   "Ignace",     "Jürgen",
    "Lavinia", "Leopold", "Mirela",  "Noëlle", "Odile",    "Peregrine",  "Quentin",
    "Rosalba", "Séverin", "Tibor",   "Ulrike", "Violante", "Wilhelmina", "Zdenka",
};

static const char *pick(GRand *rand, const char *const *words, guint n)
{
    return words[rng_below(rand, n)];
}

#define PICK(rand, words) pick(rand, words, G_N_ELEMENTS(words))

/* A stem that comes up again is a sequel and gets a number. All words are drawn beforehand, because
 * compilers differ in the order in which they evaluate arguments. */
char *synth_title_draw(GRand *rand, GHashTable *stems)
{
    const char *adjective = PICK(rand, adjectives);
    const char *noun = PICK(rand, nouns);
    const char *place = PICK(rand, places);
    const char *person = PICK(rand, people);
    const char *article = ", The";
    char *stem = NULL; /* owned by the table */
    switch (rng_below(rand, 6)) {
    case 0:
        stem = g_strdup_printf("%s %s", adjective, noun);
        break;
    case 1:
        stem = g_strdup_printf("%s in %s", noun, place);
        break;
    case 2:
        stem = g_strdup_printf("%s and the %s %s", person, adjective, noun);
        article = "";
        break;
    case 3:
        stem = g_strdup_printf("%s's %s %s", person, adjective, noun);
        article = "";
        break;
    default:
        stem = g_strdup_printf("%s %s of %s", adjective, noun, place);
        break;
    }

    guint part = GPOINTER_TO_UINT(g_hash_table_lookup(stems, stem)) + 1;
    g_autofree char *number = part > 1 ? g_strdup_printf(" %u", part) : g_strdup("");
    char *title = g_strconcat(stem, number, article, NULL);
    g_hash_table_insert(stems, stem, GUINT_TO_POINTER(part));
    return title;
}
