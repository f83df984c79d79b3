# ruff: noqa: E501
"""The words of the French-English corpus, as TOML. Written for this course; `french_sentences` makes sentences of them.

A plural that is not given is formed with -s. `before_vowel` is the masculine singular before a vowel sound (bel, vieil,
nouvel). `aspirated = true`: an h before which nothing is elided (le haricot).
"""

WORDS = """
# --- nouns: French, gender, English. `kinds` say which verbs and adjectives go with a noun. -------------------------

[nouns]
man = { french = "homme", gender = "m", plural = "hommes", english_plural = "men", kinds = ["person", "grown"] }
woman = { french = "femme", gender = "f", english_plural = "women", kinds = ["person", "grown"] }
boy = { french = "garçon", gender = "m", kinds = ["person", "child"] }
girl = { french = "fille", gender = "f", kinds = ["person", "child"] }
child = { french = "enfant", gender = "m", english_plural = "children", kinds = ["person"] }
neighbour = { french = "voisin", gender = "m", kinds = ["person", "grown"] }
doctor = { french = "médecin", gender = "m", kinds = ["person", "grown", "job"] }
teacher = { french = "professeur", gender = "m", kinds = ["person", "grown", "job"] }
student = { french = "étudiant", feminine = "étudiante", gender = "m", kinds = ["person", "job"] }
lawyer = { french = "avocat", feminine = "avocate", gender = "m", kinds = ["person", "grown", "job"] }
baker = { french = "boulanger", feminine = "boulangère", gender = "m", kinds = ["person", "grown", "job"] }
musician = { french = "musicien", feminine = "musicienne", gender = "m", kinds = ["person", "grown", "job"] }
actor = { french = "acteur", feminine = "actrice", gender = "m", kinds = ["person", "grown", "job"] }
nurse = { french = "infirmier", feminine = "infirmière", gender = "m", kinds = ["person", "grown", "job"] }
engineer = { french = "ingénieur", gender = "m", kinds = ["person", "grown", "job"] }
cook = { french = "cuisinier", feminine = "cuisinière", gender = "m", kinds = ["person", "grown", "job"] }

brother = { french = "frère", gender = "m", kinds = ["family"] }
sister = { french = "sœur", gender = "f", kinds = ["family"] }
father = { french = "père", gender = "m", kinds = ["family", "only_one"] }
mother = { french = "mère", gender = "f", kinds = ["family", "only_one"] }
uncle = { french = "oncle", gender = "m", kinds = ["family"] }
aunt = { french = "tante", gender = "f", kinds = ["family"] }
grandmother = { french = "grand-mère", gender = "f", plural = "grands-mères", kinds = ["family", "only_one"] }

cat = { french = "chat", gender = "m", kinds = ["animal"] }
dog = { french = "chien", gender = "m", kinds = ["animal"] }
bird = { french = "oiseau", plural = "oiseaux", gender = "m", kinds = ["animal"] }
horse = { french = "cheval", plural = "chevaux", gender = "m", kinds = ["animal"] }
cow = { french = "vache", gender = "f", kinds = ["animal"] }
mouse = { french = "souris", plural = "souris", gender = "f", english_plural = "mice", kinds = ["animal"] }
rabbit = { french = "lapin", gender = "m", kinds = ["animal"] }
sheep = { french = "mouton", gender = "m", english_plural = "sheep", kinds = ["animal"] }
owl = { french = "hibou", plural = "hiboux", gender = "m", aspirated = true, kinds = ["animal"] }

apple = { french = "pomme", gender = "f", kinds = ["food", "fruit"] }
orange = { french = "orange", gender = "f", kinds = ["food", "fruit"] }
banana = { french = "banane", gender = "f", kinds = ["food", "fruit"] }
strawberry = { french = "fraise", gender = "f", english_plural = "strawberries", kinds = ["food", "fruit"] }
tomato = { french = "tomate", gender = "f", english_plural = "tomatoes", kinds = ["food", "fruit"] }
bean = { french = "haricot", gender = "m", aspirated = true, kinds = ["food", "only_many"] }
egg = { french = "œuf", gender = "m", kinds = ["food"] }
cake = { french = "gâteau", plural = "gâteaux", gender = "m", kinds = ["food", "cooked"] }
pancake = { french = "crêpe", gender = "f", kinds = ["food", "cooked"] }

bread = { french = "pain", gender = "m", kinds = ["food", "mass"] }
cheese = { french = "fromage", gender = "m", kinds = ["food", "mass"] }
soup = { french = "soupe", gender = "f", kinds = ["food", "mass", "cooked"] }
meat = { french = "viande", gender = "f", kinds = ["food", "mass"] }
rice = { french = "riz", gender = "m", kinds = ["food", "mass"] }
chocolate = { french = "chocolat", gender = "m", kinds = ["food", "mass"] }
jam = { french = "confiture", gender = "f", kinds = ["food", "mass", "cooked"] }
water = { french = "eau", gender = "f", kinds = ["drink", "mass"] }
milk = { french = "lait", gender = "m", kinds = ["drink", "mass"] }
coffee = { french = "café", gender = "m", kinds = ["drink", "mass", "hot_drink"] }
tea = { french = "thé", gender = "m", kinds = ["drink", "mass", "hot_drink"] }
lemonade = { french = "limonade", gender = "f", kinds = ["drink", "mass"] }

book = { french = "livre", gender = "m", kinds = ["text", "thing", "buyable"] }
letter = { french = "lettre", gender = "f", kinds = ["text", "thing", "writable"] }
newspaper = { french = "journal", plural = "journaux", gender = "m", kinds = ["text", "thing", "buyable"] }
novel = { french = "roman", gender = "m", kinds = ["text", "writable", "buyable"] }
story = { french = "histoire", gender = "f", english_plural = "stories", kinds = ["text", "writable"] }
poem = { french = "poème", gender = "m", kinds = ["text", "writable"] }

dress = { french = "robe", gender = "f", english_plural = "dresses", kinds = ["clothing", "thing", "buyable"] }
shirt = { french = "chemise", gender = "f", kinds = ["clothing", "thing", "buyable"] }
coat = { french = "manteau", plural = "manteaux", gender = "m", kinds = ["clothing", "thing", "buyable"] }
hat = { french = "chapeau", plural = "chapeaux", gender = "m", kinds = ["clothing", "thing", "buyable"] }
jacket = { french = "veste", gender = "f", kinds = ["clothing", "thing", "buyable"] }
scarf = { french = "écharpe", gender = "f", english_plural = "scarves", kinds = ["clothing", "thing", "buyable"] }

key = { french = "clé", gender = "f", kinds = ["thing", "losable"] }
umbrella = { french = "parapluie", gender = "m", kinds = ["thing", "buyable", "losable"] }
suitcase = { french = "valise", gender = "f", kinds = ["thing", "buyable", "losable", "openable"] }
bag = { french = "sac", gender = "m", kinds = ["thing", "buyable", "losable", "openable"] }
watch = { french = "montre", gender = "f", english_plural = "watches", kinds = ["thing", "buyable", "losable"] }
phone = { french = "téléphone", gender = "m", kinds = ["thing", "buyable", "losable"] }
computer = { french = "ordinateur", gender = "m", kinds = ["thing", "buyable", "large"] }
car = { french = "voiture", gender = "f", kinds = ["thing", "buyable", "large"] }
bicycle = { french = "vélo", gender = "m", kinds = ["thing", "buyable", "large"] }
chair = { french = "chaise", gender = "f", kinds = ["thing", "buyable", "large"] }
lamp = { french = "lampe", gender = "f", kinds = ["thing", "buyable", "large"] }
flower = { french = "fleur", gender = "f", kinds = ["thing", "buyable"] }
box = { french = "boîte", gender = "f", english_plural = "boxes", kinds = ["thing", "openable"] }
door = { french = "porte", gender = "f", kinds = ["openable", "large"] }
window = { french = "fenêtre", gender = "f", kinds = ["openable", "large"] }

house = { french = "maison", gender = "f", kinds = ["building"] }
hotel = { french = "hôtel", gender = "m", kinds = ["building"] }
church = { french = "église", gender = "f", english_plural = "churches", kinds = ["building"] }
museum = { french = "musée", gender = "m", kinds = ["building"] }
restaurant = { french = "restaurant", gender = "m", kinds = ["building"] }
school = { french = "école", gender = "f", kinds = ["building"] }
film = { french = "film", gender = "m", kinds = ["show"] }
match = { french = "match", gender = "m", english_plural = "matches", kinds = ["show"] }

# --- adjectives: masculine, feminine. `before = true`: it stands before the noun. -----------------------------------

[adjectives]
small = { m = "petit", f = "petite", before = true, kinds = ["animal", "thing", "building", "openable"] }
big = { m = "grand", f = "grande", before = true, kinds = ["large", "building"] }
pretty = { m = "joli", f = "jolie", before = true, kinds = ["clothing", "building"] }
beautiful = { m = "beau", f = "belle", m_plural = "beaux", before_vowel = "bel", before = true, kinds = ["clothing", "building", "animal"] }
new = { m = "nouveau", f = "nouvelle", m_plural = "nouveaux", before_vowel = "nouvel", before = true, kinds = ["text", "thing", "building"] }
old = { m = "vieux", f = "vieille", m_plural = "vieux", before_vowel = "vieil", before = true, kinds = ["grown", "animal", "thing", "building"] }
young = { m = "jeune", f = "jeune", before = true, kinds = ["grown"] }
good = { m = "bon", f = "bonne", before = true, kinds = ["text", "food", "show"] }
bad = { m = "mauvais", f = "mauvaise", m_plural = "mauvais", before = true, kinds = ["text", "show"] }

black = { m = "noir", f = "noire", kinds = ["animal", "clothing", "thing"] }
white = { m = "blanc", f = "blanche", kinds = ["animal", "clothing", "thing", "building"] }
red = { m = "rouge", f = "rouge", kinds = ["clothing", "thing", "fruit", "openable"] }
green = { m = "vert", f = "verte", kinds = ["clothing", "thing", "fruit", "openable"] }
blue = { m = "bleu", f = "bleue", kinds = ["clothing", "thing", "openable"] }
yellow = { m = "jaune", f = "jaune", kinds = ["clothing", "thing"] }
grey = { m = "gris", f = "grise", m_plural = "gris", kinds = ["animal", "clothing", "thing"] }
french = { m = "français", f = "française", m_plural = "français", capital = true, kinds = ["person", "text", "show"] }
english = { m = "anglais", f = "anglaise", m_plural = "anglais", capital = true, kinds = ["person", "text", "show"] }
italian = { m = "italien", f = "italienne", capital = true, kinds = ["person", "text", "show"] }
intelligent = { m = "intelligent", f = "intelligente", kinds = ["person", "animal"] }
famous = { m = "célèbre", f = "célèbre", kinds = ["grown", "text", "building"] }
interesting = { m = "intéressant", f = "intéressante", kinds = ["text", "show"] }
boring = { m = "ennuyeux", f = "ennuyeuse", m_plural = "ennuyeux", kinds = ["text", "show"] }
difficult = { m = "difficile", f = "difficile", kinds = ["text"] }
expensive = { m = "cher", f = "chère", kinds = ["clothing", "losable"] }
dirty = { m = "sale", f = "sale", kinds = ["clothing", "large", "building"] }
delicious = { m = "délicieux", f = "délicieuse", m_plural = "délicieux", kinds = ["food"] }

# Only after "to be": how somebody feels, what state something is in.
happy = { m = "heureux", f = "heureuse", m_plural = "heureux", kinds = ["feeling"] }
sad = { m = "triste", f = "triste", kinds = ["feeling"] }
tired = { m = "fatigué", f = "fatiguée", kinds = ["feeling"] }
ill = { m = "malade", f = "malade", kinds = ["feeling"] }
late = { m = "en retard", f = "en retard", invariable = true, kinds = ["feeling"] }
ready = { m = "prêt", f = "prête", kinds = ["feeling"] }
open = { m = "ouvert", f = "ouverte", kinds = ["shut"] }
closed = { m = "fermé", f = "fermée", kinds = ["shut"] }
cold = { m = "froid", f = "froide", kinds = ["warm"] }
hot = { m = "chaud", f = "chaude", kinds = ["warm"] }

# --- verbs: present (je tu il nous vous ils), participle, stem of the future; English. ------------------------------

[verbs]
eat = { infinitive = "manger", present = ["mange", "manges", "mange", "mangeons", "mangez", "mangent"], participle = "mangé", future = "manger", past = "ate", done = "eaten", ing = "eating", objects = ["food"], subjects = ["person", "animal"] }
drink = { infinitive = "boire", present = ["bois", "bois", "boit", "buvons", "buvez", "boivent"], participle = "bu", future = "boir", past = "drank", done = "drunk", ing = "drinking", objects = ["drink"] }
prepare = { infinitive = "préparer", present = ["prépare", "prépares", "prépare", "préparons", "préparez", "préparent"], participle = "préparé", future = "préparer", past = "prepared", done = "prepared", ing = "preparing", objects = ["cooked"] }
read = { infinitive = "lire", present = ["lis", "lis", "lit", "lisons", "lisez", "lisent"], participle = "lu", future = "lir", past = "read", done = "read", ing = "reading", objects = ["text"] }
write = { infinitive = "écrire", present = ["écris", "écris", "écrit", "écrivons", "écrivez", "écrivent"], participle = "écrit", future = "écrir", past = "wrote", done = "written", ing = "writing", objects = ["writable"] }
watch = { infinitive = "regarder", present = ["regarde", "regardes", "regarde", "regardons", "regardez", "regardent"], participle = "regardé", future = "regarder", past = "watched", done = "watched", ing = "watching", third = "watches", objects = ["show", "animal"] }
buy = { infinitive = "acheter", present = ["achète", "achètes", "achète", "achetons", "achetez", "achètent"], participle = "acheté", future = "achèter", past = "bought", done = "bought", ing = "buying", objects = ["buyable", "food"] }
sell = { infinitive = "vendre", present = ["vends", "vends", "vend", "vendons", "vendez", "vendent"], participle = "vendu", future = "vendr", past = "sold", done = "sold", ing = "selling", objects = ["buyable", "food"] }
look_for = { infinitive = "chercher", present = ["cherche", "cherches", "cherche", "cherchons", "cherchez", "cherchent"], participle = "cherché", future = "chercher", past = "looked for", done = "looked for", ing = "looking for", base = "look for", third = "looks for", objects = ["thing", "animal"] }
find = { infinitive = "trouver", present = ["trouve", "trouves", "trouve", "trouvons", "trouvez", "trouvent"], participle = "trouvé", future = "trouver", past = "found", done = "found", ing = "finding", momentary = true, objects = ["thing", "animal"] }
lose = { infinitive = "perdre", present = ["perds", "perds", "perd", "perdons", "perdez", "perdent"], participle = "perdu", future = "perdr", past = "lost", done = "lost", ing = "losing", momentary = true, objects = ["losable"] }
see = { infinitive = "voir", present = ["vois", "vois", "voit", "voyons", "voyez", "voient"], participle = "vu", future = "verr", past = "saw", done = "seen", ing = "seeing", stative = true, objects = ["thing", "animal", "building", "person"], subjects = ["person", "animal"] }
like = { infinitive = "aimer", present = ["aime", "aimes", "aime", "aimons", "aimez", "aiment"], participle = "aimé", future = "aimer", past = "liked", done = "liked", ing = "liking", stative = true, objects = ["text", "clothing", "building", "show"] }
wear = { infinitive = "porter", present = ["porte", "portes", "porte", "portons", "portez", "portent"], participle = "porté", future = "porter", past = "wore", done = "worn", ing = "wearing", objects = ["clothing"] }
wash = { infinitive = "laver", present = ["lave", "laves", "lave", "lavons", "lavez", "lavent"], participle = "lavé", future = "laver", past = "washed", done = "washed", ing = "washing", third = "washes", objects = ["clothing", "fruit"] }
open = { infinitive = "ouvrir", present = ["ouvre", "ouvres", "ouvre", "ouvrons", "ouvrez", "ouvrent"], participle = "ouvert", future = "ouvrir", past = "opened", done = "opened", ing = "opening", objects = ["openable"] }
close = { infinitive = "fermer", present = ["ferme", "fermes", "ferme", "fermons", "fermez", "ferment"], participle = "fermé", future = "fermer", past = "closed", done = "closed", ing = "closing", objects = ["openable"] }
draw = { infinitive = "dessiner", present = ["dessine", "dessines", "dessine", "dessinons", "dessinez", "dessinent"], participle = "dessiné", future = "dessiner", past = "drew", done = "drawn", ing = "drawing", objects = ["animal", "building", "large"] }
choose = { infinitive = "choisir", present = ["choisis", "choisis", "choisit", "choisissons", "choisissez", "choisissent"], participle = "choisi", future = "choisir", past = "chose", done = "chosen", ing = "choosing", momentary = true, objects = ["clothing", "text", "show"] }

# Without an object. `auxiliary = "être"`: the participle agrees with the subject.
sleep = { infinitive = "dormir", present = ["dors", "dors", "dort", "dormons", "dormez", "dorment"], participle = "dormi", future = "dormir", past = "slept", done = "slept", ing = "sleeping", subjects = ["person", "animal"], places = "in" }
work = { infinitive = "travailler", present = ["travaille", "travailles", "travaille", "travaillons", "travaillez", "travaillent"], participle = "travaillé", future = "travailler", past = "worked", done = "worked", ing = "working", places = "in" }
sing = { infinitive = "chanter", present = ["chante", "chantes", "chante", "chantons", "chantez", "chantent"], participle = "chanté", future = "chanter", past = "sang", done = "sung", ing = "singing", places = "in" }
go = { infinitive = "aller", present = ["vais", "vas", "va", "allons", "allez", "vont"], participle = "allé", future = "ir", past = "went", done = "gone", ing = "going", third = "goes", auxiliary = "être", places = "to" }
come = { infinitive = "venir", present = ["viens", "viens", "vient", "venons", "venez", "viennent"], participle = "venu", future = "viendr", past = "came", done = "come", ing = "coming", auxiliary = "être", places = "from" }

# With a city or a language.
live = { infinitive = "habiter", present = ["habite", "habites", "habite", "habitons", "habitez", "habitent"], participle = "habité", future = "habiter", past = "lived", done = "lived", ing = "living", stative = true, special = true }
speak = { infinitive = "parler", present = ["parle", "parles", "parle", "parlons", "parlez", "parlent"], participle = "parlé", future = "parler", past = "spoke", done = "spoken", ing = "speaking", stative = true, special = true }
learn = { infinitive = "apprendre", present = ["apprends", "apprends", "apprend", "apprenons", "apprenez", "apprennent"], participle = "appris", future = "apprendr", past = "learned", done = "learned", ing = "learning", special = true }
study = { infinitive = "étudier", present = ["étudie", "étudies", "étudie", "étudions", "étudiez", "étudient"], participle = "étudié", future = "étudier", past = "studied", done = "studied", ing = "studying", third = "studies", special = true }

# Before an infinitive.
want = { infinitive = "vouloir", present = ["veux", "veux", "veut", "voulons", "voulez", "veulent"], english = "want to", do = true, modal = true }
can = { infinitive = "pouvoir", present = ["peux", "peux", "peut", "pouvons", "pouvez", "peuvent"], english = "can", modal = true }
must = { infinitive = "devoir", present = ["dois", "dois", "doit", "devons", "devez", "doivent"], english = "must", modal = true }
going_to = { infinitive = "aller", present = ["vais", "vas", "va", "allons", "allez", "vont"], english = "going to", modal = true }

be = { infinitive = "être", present = ["suis", "es", "est", "sommes", "êtes", "sont"], imperfect = ["étais", "étais", "était", "étions", "étiez", "étaient"], participle = "été", future = "ser", special = true }
have = { infinitive = "avoir", present = ["ai", "as", "a", "avons", "avez", "ont"], participle = "eu", future = "aur", special = true, past = "had", done = "had", ing = "having", third = "has" }

# --- places: in (dans), at and to (à), from (de) take the article with them. -----------------------------------------

[places]
garden = { french = "jardin", gender = "m", in = "in the garden" }
kitchen = { french = "cuisine", gender = "f", in = "in the kitchen" }
park = { french = "parc", gender = "m", in = "in the park", to = "to the park", from = "from the park" }
market = { french = "marché", gender = "m", to = "to the market", from = "from the market" }
station = { french = "gare", gender = "f", at = "at the station", to = "to the station", from = "from the station" }
museum = { french = "musée", gender = "m", at = "at the museum", to = "to the museum", from = "from the museum" }
restaurant = { french = "restaurant", gender = "m", at = "at the restaurant", to = "to the restaurant", from = "from the restaurant" }
hotel = { french = "hôtel", gender = "m", at = "at the hotel", to = "to the hotel", from = "from the hotel" }
church = { french = "église", gender = "f", at = "at the church" }
library = { french = "bibliothèque", gender = "f", at = "at the library", to = "to the library", from = "from the library" }
airport = { french = "aéroport", gender = "m", at = "at the airport", to = "to the airport", from = "from the airport" }
office = { french = "bureau", gender = "m", at = "at the office", to = "to the office", from = "from the office" }

# --- proper names ------------------------------------------------------------------------------------------------

[names]
women = ["Marie", "Alice", "Julie", "Sophie", "Nour", "Inès", "Emma"]
men = ["Paul", "Louis", "Lucas", "Antoine", "Karim", "Thomas", "Émile"]
cities = { Paris = "Paris", Lyon = "Lyon", Londres = "London", Rome = "Rome", Berlin = "Berlin", Madrid = "Madrid", Bruxelles = "Brussels", "Genève" = "Geneva" }
languages = { "français" = "French", anglais = "English", espagnol = "Spanish", allemand = "German", italien = "Italian", arabe = "Arabic" }
"""
