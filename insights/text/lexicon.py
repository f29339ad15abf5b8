"""The words the extraction rules know: closed classes, and the verbs a claim may turn on."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _words(
    """
    the a an this that these those my your his her its our their some any no every each all both
    most many few several another other such one two three four five six seven eight nine ten
    half much more less fewer either neither
    """
)
SUBJECT_PRONOUNS = _words(
    """
    i you he she it we they there everyone everybody someone somebody anyone anybody nobody
    nothing something everything anything none who
    """
)
PREPOSITIONS = _words(
    """
    of in on at by for with from to into onto over under about after before between through during
    without within across against among around as behind below above beyond despite down except
    inside like near off out outside per since than toward towards until till up upon via versus
    """
)
CONJUNCTIONS = _words("and or but nor so yet if because although though while when whereas unless")
AUXILIARIES = _words(
    """
    am is are was were be been being has have had do does did can could will would shall should may
    might must cannot ain't isn't aren't wasn't weren't hasn't haven't hadn't don't doesn't didn't
    can't couldn't won't wouldn't shan't shouldn't mightn't mustn't needn't
    """
)
# Never a noun, so one of them is a sign of a finite verb wherever it stands.
FINITE = AUXILIARIES - _words("be been being will might may must can")
FUNCTION_WORDS = (
    DETERMINERS
    | SUBJECT_PRONOUNS
    | PREPOSITIONS
    | CONJUNCTIONS
    | AUXILIARIES
    | _words("me him us them not very too also just only even still again then here now yes")
)

# A capital letter on one of these after "U.S." or "J." says that a new sentence begins.
SENTENCE_OPENERS = (
    (DETERMINERS - _words("one two three four five six seven eight nine ten half"))
    | SUBJECT_PRONOUNS
    | CONJUNCTIONS
    | _words(
        """
        in on at by for with from to after before during since until as despite
        also however then thus therefore hence here now nevertheless moreover furthermore
        additionally finally first second third next meanwhile instead otherwise still again
        what why how where which whose not only even our
        """
    )
)

# Finite past forms; a participle alone ("as written") is no verb of a claim.
_IRREGULAR = """
    arose ate awoke beat became become began bent bet bit bled blew bought bound bred broke
    brought built burnt burst came caught chose clung cost cut dealt did drank dreamt drew drove
    dug fed fell felt fit fled flew forbade forgave forgot fought found froze gave got grew had
    heard held hid hit hung hurt kept knew laid lay leapt learnt led left lent let lit lost made
    meant met mistook misunderstood outgrew overcame overrode overtook paid put quit ran rang
    read reran rewrote rid rode rose rung said sank sat saw sent set shed shone shook shot
    shrank shut slept slid sold sought spent split spoke sprang spread stole stood struck stuck
    sung sunk swept swore swung taught thought threw told took tore understood underwent undid
    upset went were withdrew withheld woke won wore wound wrote
"""
# Base forms that are hardly ever nouns: at the head of a sentence they are an order.
_VERBS = """
    abandon accept accommodate accompany accomplish account achieve acknowledge acquire act
    adapt add address adhere adjust admit adopt affect aggregate agree aim alleviate allocate
    allow alter analyse analyze announce annoy answer anticipate appear apply appreciate approve
    argue arise arrange arrive ask assess assign assist associate assume attach attain attempt
    attend attract attribute augment automate avoid balance be bear beat become begin behave
    believe belong blame block bookmark boost borrow bother break breathe bring broaden build
    bundle bury buy buzz bypass calculate calibrate call calm cancel capture carry categorise
    categorize cause cease characterise characterize charge chase chat cheat check choose
    circumvent cite claim clarify classify clean clear click climb clock close clutter coincide
    collaborate collapse collect combine come comment communicate compare compensate compete
    compile complain complement complete complicate comply compose comprise compute conceal
    concentrate concern conclude conduct configure confirm conform confuse conjecture connect
    conserve consider consist consolidate constitute constrain construct consume contain contend
    continue contradict contrast contribute control converge convert convey convince cook
    cooperate coordinate cope copy correct correlate correspond count cover crash create cross
    crowd cry customise customize cut damage dare deal debug decay decide declare decline
    decrease dedicate deduce deduct deem defer define degrade delay delegate delete deliver
    demand demonstrate deny depart depend depict deploy derive describe deserve design desire
    detect deteriorate determine develop deviate devise diagnose dictate die differ
    differentiate dig diminish disable disagree disappear discard disclose discourage discover
    discuss dislike dismiss display disrupt distinguish distribute dive diverge divide dodge
    dominate double doubt download drag draw drift drill drive drop dump duplicate earn ease
    echo edit elaborate elect eliminate elucidate email embed embrace emerge emit emphasise
    emphasize employ empower enable enact encode encounter encourage end endanger endure enforce
    engage enhance enjoy enlarge enrich ensure entail enter equip erase erode escalate escape
    establish estimate evaluate evolve examine exceed exclude execute exhaust exhibit exist
    expand expect experience expire explain exploit explore export expose express extend extract
    face facilitate factor fade fail fall favor favour fear feature feel fetch file fill filter
    find finish fire fit fix flag flip fluctuate focus fold follow fool forbid force forecast
    forget form formalise formalize formulate forward foster freeze fulfil fulfill function fund
    gain garble gather gaze generalise generalize generate get give glance go govern graduate
    grant grasp greet grey grind group grow guarantee guard guess guide halt hamper hand handle
    hang happen harm harvest hate haunt have heal hear heat help hesitate hide highlight hinder
    hire hit hold hope host hug hurry hurt identify ignite ignore illuminate illustrate imagine
    imitate impact impair impede imply import impose improve incline include incorporate
    increase incur indicate induce infer influence inform inherit inhibit initiate insert insist
    inspect inspire install instruct integrate intend intensify interact interfere interpret
    interrupt interview introduce intrude invalidate invent invest investigate invite invoke
    involve irritate isolate issue join judge jump justify keep kill knock know label lack lag
    land last laugh launch lay lead leak lean learn leave lend lessen let leverage lie lift like
    limit linger link list live load lobby localise localize lock lodge log look loop lose love
    lower maintain make manage map march mark mask match matter mature maximise maximize mean
    measure meet melt mention merge migrate mine minimise minimize mirror misinterpret mislabel
    mislead mismatch miss mistake misunderstand mitigate mix model moderate modify monitor
    motivate mount move multiply mumble nag name necessitate need neglect negotiate nest note
    notice notify obey oblige obscure observe obstruct obtain occupy occur offer omit onboard
    open operate oppose opt optimise optimize order organise organize originate outline outlive
    outnumber outperform outrank outsource outweigh overcome overestimate overlap overload
    overlook overpay override overrun overwhelm overwrite owe own pack park participate pass
    paste patch pause pay peak peek perceive perform perish permit persist phone photograph pick
    pile pilot ping pinpoint place plan play plead please plug plummet point poll pop pose
    position possess postpone pour praise precede predict prefer prepare prescribe present
    preserve press presume pretend prevail prevent print prioritise prioritize privilege probe
    proceed process produce program programme prohibit prolong promise promote prompt propagate
    propose protect protest prove provide prune publish pull purchase pursue push put puzzle
    quantify query question quit raise rally range rank rate reach react read realise realize
    reappear rearrange reassess reassign reassure rebel rebook rebuild recall receive reckon
    recognise recognize recommend recompute reconcile reconstruct record recover recruit recur
    recycle redesign redirect reduce refer refine reflect reformulate refuse regard regulate
    rehearse reinforce reiterate reject relate relax release relieve relocate rely remain
    remember remind remodel remove rename render renew repair repeat repel replace reply report
    represent reproduce request require rerun reschedule rescue research resemble resent reset
    reside resign resist resolve respect respond rest restart restore restrict result resume
    resurface retain rethink retire retrieve retry return retype reuse reveal revert review
    revise reward rewrite ring rip rise risk rob roll rotate round route ruin run rush sacrifice
    sample satisfy saturate save say scale scan scare scatter schedule scold scrap scratch
    scroll seal search secure see seek seem seize select sell send separate serve set settle
    shape share shift ship shorten shout show shrink shrug shut sign signal simplify simulate
    sit sketch skip sleep slip slow smell smile smooth snap solve sort spark spawn speak specify
    speed spell spend spike spill split spoil spread squeeze stabilise stabilize stack staff
    stain stall stand star stare start stay steal steer stem step stick sting stir stop store
    strengthen stress stretch struggle study stumble stun submit subscribe substitute subsume
    succeed suck sue suffer suffice suggest suit sum summarise summarize supersede supervise
    supply support suppress surface surge surpass surprise surrender surround survey survive
    suspect suspend sustain swap sweep swell swim swipe switch sync synchronise synchronize
    tackle tag take talk tap target teach tease telescope tell tempt tend terminate test text
    thank think threaten thrive throw tick tidy tie time tip toggle tolerate toss total touch
    tour trace track trade train transfer transform translate transmit travel traverse treat
    trigger trim triple trouble trust try tune tunnel turn tweak twist type underestimate
    uncover undergo underlie undermine underpay underpin understand undertake unify unite unload
    unlock unravel untangle update upend upgrade upload urge use utilise utilize value vanish vary
    ventilate venture verify view violate visit visualise visualize vote wait wake walk wane
    want warm warn wash waste watch weaken weigh widen win wipe wire wish withdraw witness
    wonder work worry worsen wrap wrestle write yield zoom
"""
# Verbs that open a noun phrase as readily ("Export takes an hour.").
NOUN_OR_VERB = _words(
    """
    account act address aim answer attempt attribute balance beat blame block bookmark boost
    break bundle buzz call calm capture care cause change charge check claim click climb clock
    close clutter comment concern contrast control cook copy correct cost count cover crash
    cross crowd cut damage deal debug decay decline decrease delay demand design desire dig
    display document dominate double doubt download drag draw drift drill drive drop dump
    duplicate ease echo edit email end estimate experience exploit export express extract face
    factor fade favor favour fear feature file filter fire fit fix flag flip focus fold fool
    force forecast form forward foster function fund gain glance graduate grant group guarantee
    guard guess guide halt hand handle harm harvest heat help hire hit hold hope host hug hurry
    hurt impact import increase influence inspect interview issue join judge jump kill knock
    label lack lag land last laugh launch lead leak lean leave leverage lie lift like limit link
    list live load lobby lock lodge log look loop love lower map march mark mask match matter
    mature mean measure mine miss mistake mix model moderate monitor mount move name need nest
    note notice offer open order overload own pack park pass paste patch pause pay peak phone
    photograph pick pile pilot place plan play plug point poll position praise present press
    print probe process produce program programme promise prompt protest pull purchase push
    puzzle query question rally range rank rate reach read record reform release repair repeat
    reply report request research reset respect rest result retry return reuse review reward
    ring rip rise risk roll round route ruin run rush sample save scale scan scare schedule
    scrap scratch seal search secure separate set shape share shift ship shout shrug sign
    signal sketch slip slow smell smile smooth snap sort spark spawn speed spell spike spill
    split spread squeeze stack staff stain stall stand star stare start stay stem step stick
    sting stir stop store stress stretch struggle study substitute sum supply support surface
    surge surprise survey suspect swap sweep swell swim swipe switch sync tag talk tap target
    tease telescope test text thank tick time tip toggle toss total touch tour trace track trade
    train transfer travel treat trigger trim trouble trust try tune tunnel turn tweak twist type
    update upgrade upload urge use value venture view visit vote wait walk warm wash waste watch
    win wipe wire wish witness wonder work worry wrap yield zoom
    """
)

BASE_VERBS = _words(_VERBS) | NOUN_OR_VERB


def third_person(verb: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh|o)$", verb):
        return verb + "es"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + "s"


THIRD_PERSON = frozenset(map(third_person, BASE_VERBS))
IRREGULAR_PAST = _words(_IRREGULAR)
VERB_FORMS = BASE_VERBS | THIRD_PERSON | IRREGULAR_PAST | AUXILIARIES
