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

_IRREGULAR = """
    arose arisen ate eaten awoke beaten became become began begun bent bet bit bitten bled blew
    blown bought bound bred broke broken brought built burnt burst came caught chose chosen clung
    cost cut dealt did done drank drawn dreamt drew driven drove dug fallen fed fell felt fled flew
    flown forbade forgave forgiven forgot forgotten fought found froze frozen gave given gone got
    gotten grew grown had heard held hid hidden hit hung hurt kept knew known laid lain lay leapt
    learnt led left lent let lit lost made meant met mistook misunderstood outgrew overcame
    overrode overtook paid proven put quit ran rang read redone reran rewrote rid risen rode rose
    rung said sank sat saw seen sent set shaken shed shone shook shot shown shrank shut slept slid
    sold sought spent split spoke spoken spread sprang stole stolen stood struck stuck sung sunk
    swept swore sworn swung taken taught thought threw thrown told took tore torn undergone
    understood underwent undid undone upset went were withdrew withdrawn withheld woke woken won
    wore worn wound written wrote
"""
# Base forms that are hardly ever nouns: at the head of a sentence they are an order.
_VERBS = """
    abandon accept accommodate accompany accomplish account achieve acknowledge acquire act adapt
    add address adhere adjust admit adopt affect aggregate agree aim alleviate allocate allow alter
    analyse analyze announce annoy anticipate appear apply appreciate approve argue arise arrange
    arrive ask assess assign assist associate assume attach attain attempt attend attract attribute
    augment automate avoid balance be become begin behave believe belong blame block boost borrow
    bother break bring broaden build bundle bury buy bypass calculate calibrate call cancel capture
    carry categorise categorize cause cease characterise characterize charge check choose circumvent
    cite claim clarify classify clean clear click close coincide collaborate collapse collect
    combine come comment communicate compare compensate compete compile complain complement
    complete complicate comply compose comprise compute conceal concentrate concern conclude conduct
    configure confirm conform confuse conjecture connect conserve consider consist consolidate
    constitute constrain construct consume contain contend continue contradict contrast contribute
    control converge convert convey convince cooperate coordinate cope copy correct correlate
    correspond count cover crash create cross customise customize cut damage deal debug decay decide
    declare decline decrease dedicate deduce defer define degrade delay delegate delete deliver
    demand demonstrate deny depart depend depict deploy derive describe deserve design desire detect
    deteriorate determine develop deviate devise diagnose dictate die differ differentiate diminish
    disable disagree disappear discard disclose discourage discover discuss dislike dismiss display
    disrupt distinguish distribute diverge divide dominate double doubt download draw drift drive
    drop duplicate earn ease elect eliminate elucidate email embed emerge emphasise emphasize employ
    empower enable encode encounter encourage end endanger enforce engage enhance enjoy enlarge
    enrich ensure entail enter equip escalate escape establish estimate evaluate evolve examine
    exceed exclude execute exhibit exist expand expect experience expire explain exploit explore
    export expose express extend extract face facilitate factor fail fall favor favour fear feature
    feel fetch file fill filter find finish fit fix flag flip focus follow forbid force forecast
    forget form formalise formalize formulate forward foster freeze fulfil fulfill function gain
    gather generalise generalize generate get give go govern grant grasp group grow guarantee guess
    guide halt hamper handle hang happen harm hate have hear help hesitate hide highlight hinder
    hire hit hold hope host hurt identify ignore illustrate imagine imitate impact impair impede
    imply import impose improve include incorporate increase incur indicate induce infer influence
    inform inherit inhibit initiate insert insist inspect inspire install integrate intend intensify
    interact interfere interpret interrupt introduce invalidate invent invest investigate invite
    invoke involve isolate issue join judge jump justify keep kill know lack lag land last launch
    lay lead lean learn leave lend let leverage lie lift like limit linger link list live load lock
    log look lose love lower maintain make manage map mark match matter maximise maximize mean
    measure meet mention merge migrate minimise minimize mirror misinterpret mislead mismatch miss
    mistake misunderstand mitigate mix model moderate modify monitor motivate mount move multiply
    name necessitate need neglect negotiate note notice notify obey obscure observe obtain occupy
    occur offer omit onboard open operate oppose opt optimise optimize order organise organize
    originate outline outnumber outperform outweigh overcome overestimate overlap overlook override
    overwhelm owe own participate pass pay peak perceive perform permit persist pick pinpoint place
    plan play point pose position possess postpone predict prefer prepare prescribe present preserve
    presume prevail prevent print prioritise prioritize proceed process produce prohibit prolong
    promise promote prompt propagate propose protect prove provide publish pull purchase pursue push
    put quantify query question quit raise range rank rate reach react read realise realize reappear
    rebuild recall receive recognise recognize recommend reconcile reconstruct record recover
    recruit recur reduce refer refine reflect refuse regard reject relate relax release rely remain
    remember remind remove rename render renew repair repeat repel replace reply report represent
    reproduce request require rerun rescue research resemble reset reside resist resolve respect
    respond rest restart restore restrict result resume retain retrieve return reuse reveal revert
    review revise reward rewrite rise risk roll rotate route ruin run sacrifice sample satisfy save
    say scale scan schedule scroll search secure see seek seem select sell send separate serve set
    settle shape share shift ship shorten show shrink shut sign signal simplify simulate sit skip
    slip slow smooth solve sort spark speak specify speed spend spike split spoil spread stabilise
    stabilize stall stand start stay steer stem step stick stop store strengthen stress stretch
    struggle study submit subscribe substitute succeed suffer suffice suggest suit summarise
    summarize supersede supply support suppress surface surpass surprise surround survive suspect
    suspend sustain switch synchronise synchronize tackle take talk target teach tell tend terminate
    test thank think threaten thrive throw tie time tolerate touch trace track trade train transfer
    transform translate transmit travel treat trigger trim triple trouble trust try tune turn type
    undergo underestimate underlie undermine underpin understand undertake unify unlock update
    upgrade upload use utilise utilize vanish vary verify view violate visit visualise visualize
    vote wait walk want warn waste watch weaken weigh widen win wish withdraw wonder work worry
    worsen write yield
"""
# Of those, the ones that open a noun phrase as readily ("Export takes an hour.").
NOUN_OR_VERB = _words(
    """
    account act address aim attempt attribute balance block boost blame break bundle call cause
    change charge check claim click close comment concern contrast control copy correct cost count
    cover crash cross cut damage deal debug decay decline decrease delay demand design desire
    display document dominate double doubt download draw drift drive drop duplicate ease email end
    estimate experience export exploit express extract face factor feature file filter fit fix flag
    flip focus force forecast form forward function gain group guarantee guess guide halt handle
    harm help hire hit hold hope host hurt impact import increase influence issue join judge jump
    kill lack lag land last launch lead lean leverage lie lift like limit link list live load lock
    log look love lower map mark match matter mean measure miss mistake mix model moderate monitor
    mount move name need note notice offer open order own pass pay peak pick place plan play point
    position present print process produce promise prompt pull purchase push query question range
    rank rate reach read record reform release repair repeat reply report request research reset
    respect rest result return reuse review reward rise risk roll route ruin run sample save scale
    scan schedule search secure separate set shape share shift ship show sign signal slip slow
    smooth sort spark speed spike split spread stall stand start stay stem step stick stop store
    stress stretch struggle study substitute supply support surface surprise suspect switch talk
    target test thank time touch trace track trade train transfer travel treat trigger trim
    trouble trust try tune turn type update upgrade upload use view visit vote wait walk waste
    watch win wish wonder work worry yield
    """
)

BASE_VERBS = _words(_VERBS)


def third_person(verb: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh|o)$", verb):
        return verb + "es"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + "s"


THIRD_PERSON = frozenset(map(third_person, BASE_VERBS))
IRREGULAR_PAST = _words(_IRREGULAR)
VERB_FORMS = BASE_VERBS | THIRD_PERSON | IRREGULAR_PAST | AUXILIARIES
