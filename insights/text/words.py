"""Common English words: what a capital letter at the start of a statement does not make a name."""

FUNCTION = frozenset(
    """
    a about above across after again against all almost along already also although always am amid
    among an and another any anybody anyone anything anyway anywhere are aren't around as at away
    back be because been before behind being below beneath beside besides between beyond both but by
    can can't cannot could couldn't despite did didn't do does doesn't doing don't done down due
    during each either else enough even ever every everybody everyone everything everywhere except
    few fewer first for former from further furthermore given had hadn't half has hasn't have
    haven't having he hence her here hers herself him himself his how however i i'd i'll i'm i've if
    in indeed inside instead into is isn't it it'd it'll it's its itself just last later latter
    least less let let's lots many may maybe me meanwhile might mine more moreover most mostly much
    must my myself near nearly neither never nevertheless next no nobody none nonetheless nor not
    nothing now nowhere of off often ok okay on once one only onto or other others otherwise our
    ours ourselves out outside over overall own per perhaps please plus quite rather really
    regardless same several shall she should shouldn't since so some somebody somehow someone
    something sometimes somewhere soon still such than that that's the their theirs them themselves
    then there there's thereby therefore these they they'd they'll they're they've this those though
    through throughout thus till to together too toward towards two under unless unlike until up
    upon us used usually various very via was wasn't we we'd we'll we're we've well were weren't
    what what's whatever when whenever where whereas wherever whether which whichever while who
    who's whoever whom whose why will with within without won't would wouldn't yes yet you you'd
    you'll you're you've your yours yourself
    """.split()
)

ROLES = frozenset(
    """
    admin administration administrator agency agent analyst applicant assistant author board boss
    captain caregiver carer ceo cfo chair chairman chairwoman chief child clerk client coach
    colleague commission committee company consultant contractor coo coordinator council court cto
    custom customer dad daughter dean department deputy developer director doctor driver editor
    employee employer engineer executive expert father founder government governor guest head home
    hospital hr husband inspector intern interviewee investor judge junior king lady lead leader
    lecturer man management manager matron member minister ministry mother mum nurse officer
    operator owner parent participant partner patient pilot planner police president prime prince
    princess principal professor programmer queen receptionist recruit recruiter researcher resident
    respondent school scientist secretary senator senior ship sir staff student supervisor supplier
    teacher team technician tenant trainee trainer treasurer union university user vendor vice
    volunteer wife woman worker
    """.split()
)

COMMON = frozenset(
    """
    ability able absence academic accent acceptance access accident accordingly account accuracy act
    action activity actor actual actually add addition additional additionally adopt advance
    advantage advert advertisement advice affair affirmative afterwards age agenda aggressive aid
    aim air alarm alcohol alert algorithm allow alternative amount analysis ancient animal
    announcement annual answer anxiety app apparently appeal appearance applicable application apply
    appointment approach appropriate approval approximately apt area argument army art article ask
    assessment asset assign assistance assumption athlete attack attempt attendance attention
    attitude audience audit author authority auto autofill automatic automation autumn availability
    average aviation avoid aware awareness baby background bad badge bag balance ban bank banner bar
    bare barrier base basic basically basis battery beach beautiful become bed behavior behaviour
    belief believe benefit best better big bill bin birth birthday bit black blame blind block blood
    blue board boat body bond book booking border boring bottom boundary box boy brain brand bread
    break breakfast breath bridge brief briefly bright bring broad broken brother browser budget bug
    build building bulk bullying burden burnout bus business busy button buy buyer cable calculation
    calendar call camera campaign cancer candidate capacity capital car carbon card care career
    careful carrier carry case cash cast cat cause caution celebrity cell center central centre
    century certain certainly certificate chain challenge chance change channel chaos character
    charge charity chart chat cheap check chemical children choice choose church cigarette circle
    citizen city civil claim class classic clean clear clearly clever click climate clinic clock
    close closed cloth clothes cloud club code coffee cold collection college color colour
    combination come comfort comment commercial common communication community compare comparison
    compensation competition complaint complete complex compliance compulsory computer concept
    concern conclusion condition conference confidence conflict confusion connection consent
    consequence consequently conservative consider consistent constant construction consumer contact
    content context contract contrary control controversy conversation conversely cooking cool
    cooperation copy core corporate corporation correct corruption cost cotton counsel country
    couple courage course cover coverage crash create creation creative credit crime criminal crisis
    critic critical criticism crop cross crowd crucial cruel cruelty culture cure currency current
    currently curriculum cut cycle daily damage dance danger dangerous dark dash dashboard data
    database date day deadline deaf deal death debate debt decent decide decision decrease deep
    default defence degree delay delete deliver delivery demand democracy dense density depend
    deposit depth design desire desk desktop detail detailed develop device diagnosis dialogue die
    diet difference different difficult difficulty digital dinner direct direction dirty disability
    disagreement disaster discipline discount discrimination discussion disease disk display dispute
    distance distinct district diverse diversity divorce document dog domestic donation door double
    doubt downside downtime draft drama draw drawback dream dress drink drop drug dry duty eager
    early earth ease easier east easy eat ebook economic economy edge edit education effect
    effective efficiency efficient effort egg elderly election electric electricity electronic
    element elephant eliminate email emergency emotion emotional emphasis empirical empirically
    employment empty enable encourage end endless enemy energy engine enough ensure enter enterprise
    entertainment entire entrance entry environment environmental equal equality equipment error
    escape especially essay essential essentially establish estimate ethic ethical evaluate
    evaluation evening event eventually evidence evidently evil exact exam examine example excellent
    exception excess exchange excuse exercise exhaustion existence existing exit expand expect
    expensive experience experienced experiment explain explanation exploitation explore export
    exposure expression extend extensive external extra extreme eye face fact factor factory fail
    failure fair fairness faith fake fall false fame familiar family famous fan far farm farmer
    fashion fast fat fatal fatigue favourite fear feature fee feedback feel feeling female fewer
    field fight figure file film filter final finally finance financial find fine finger finish fire
    firm firstly fish fit fix fixed flat flexibility flexible flight floor flow flu focus follow
    food football force foreign forest forever forget form formal formally fortunately forum foster
    frame free freedom frequency frequent fresh friend front fruit frustration fuel full fully fun
    function fund fundamental funding funny furniture future gain gambling game gap garden gas gay
    gender general generally generation generic genetic gentle get girl give glad glass global go
    goal god gold good goods grade graduate grammar grand grant graph gray great green grey grid
    gross ground group grow growth guarantee guard guardian guess guidance guide guilt guilty gun
    guy habit hair hand handle handover handy happen happiness happy hard hardware harm harmful hate
    heading headline health healthcare healthy hear heart heat heavy height help helpful hidden high
    higher highlight hire historical history hobby hold holiday honest honesty hope hopefully horse
    hospital hot hotel hour house housing huge human humanity hundred hunting hurt icon idea ideal
    identification identify identity ignore illness image imagine imbalance immediate impact
    implement import importance important importantly impossible improve improvement impulse
    inability inadequate incentive incident include income incorrect increase increased independent
    individual industry inequality infant infection influence information infrastructure initial
    initially injury injustice innocent innovation input inquiry insight inspection inspiration
    install institution instruction insurance integration integrity intelligence intelligent
    intensive intent interaction interest interesting interestingly interface internal international
    internet intervention interview introduce introduction invalid investigation investment
    invitation invite invoice involve issue item job join joint journal journalist journey joy judge
    judgement judgment jump junior jury justice keep key keyboard kid kill kind kitchen knee know
    knowledge label labor labour lack land language laptop large large-scale larger lastly late
    latency latest laundry law lawyer layer layout lazy leadership leak learn learner leave lecture
    left legacy legal legislation leisure lesson let letter level liability liberal liberty library
    licence license lie life lifestyle lift light like likely likewise limit limited line link list
    listen literacy literally literature little live living load loan local location lock log logic
    login logo long longer look loose lose loss lot loud love low lower loyalty luck lunch luxury
    machine magic mail main mainly maintain maintenance major majority make male manage mandate
    mandatory manual manufacturer map march margin mark market marriage mass massive master match
    material mathematical mathematics matter maximum meal mean meaning measure measurement meat
    mechanism media medical medication medicine medium meet meeting memory mental mention menu mere
    merit message messaging metal method metric middle midnight military milk mind minimum minor
    minority minute mirror miss missing mission mistake mix mixed mobile mode model moderate modern
    money monitor month monthly mood moral morale morality morning mortgage motion motivation motor
    mouse mouth move movement movie multi multiple muscle museum music musician mutual name namely
    narrow nation national native natural naturally nature necessity need negative neglect neighbour
    network neutral new news newspaper night noise noisy non normal north notably note notice
    notification novel nuclear number numerical numerous nutrition obesity object objective
    obligation observation obtain obvious obviously occasion occupation occur offer office official
    offline oil old older online open opening operate operation opinion opportunity opposition
    option optional oral order ordinary organ organic organisation organise organization organize
    origin original originally output overnight overtime ownership oxygen pace pack package page
    paid pain paint pair panel panic paper parenting park parking part participate participation
    particular particularly partly party pass passenger passion passport password past path patience
    patient pattern pause pay payday paying payment payroll payslip peace peak peer pen penalty
    pencil pension people perception perfect perform performance period permanent permission permit
    persistent person personal personality personally personnel perspective phone photo phrase
    physical pick picture piece pin pipe place plain plan plane planet plant plastic platform play
    player pleasure plenty plugin poem point poison policy political politician politics pollution
    poor popular population portable portal position positive possession possible possibly post
    poster potential potentially poverty power powerful practical practically practice precise
    prefer preference pregnancy preliminary premium preparation prepare presence present
    presentation preserve press pressure presumably pretty prevent prevention previous previously
    price pride primarily primary prime print printed printer printing prior priority prison privacy
    private privilege prize probably problem procedure process produce producer product production
    profession professional profile profit program programme progress prohibit project promise
    promote promotion prompt proof proper property proportion proposal prosecutor protect protection
    protein protest proud prove provide public publication publicity publish publisher pull pupil
    purchase pure purpose push put qualified quality quantity quantum quarter quarterly query
    question queue quick quiet quota quote race racial radiation radical radio rail rain raise
    random range rank rapid rare rarely rate ratio raw reach react reaction read reader ready real
    realise realistic reality realize reason recall receipt receive recent recently reception recipe
    recognise recognize recommend recommendation record recovery recruitment red reduce reduced
    reduction refer reference reform refund refuse regime region regional register registration
    regret regular regulation reject relate relationship relative release relevant reliable relief
    religion religious remain remember reminder remote removal remove rename rent repair repeat
    repetition replace replacement report reportedly represent representation representative
    reputation request require requirement rescue research reservation resignation resolve resource
    respect respectively response responsibility rest restaurant restrict restriction result retail
    retain retention retirement return reveal revenue reverse review revolution reward rich ride
    right risk river road robot robust role roof room root rota rotation rough roughly round route
    routine row rubbish rule run running rural safe safeguard safeguarding safety salary sale sample
    sanction satisfaction save say scale scan scene schedule scheme scholar school science
    scientific scope score scratch screen search season seat second secondary secondly secret
    section sector secure security see seek seem seemingly seldom select selection self sell semi
    send sensitive sentence separate separation sequence serial series serious serve server service
    session set severe sex sexual shame shape share sharp shift shock shoe shop shopping short
    shortage shortly shot show shower sibling sick sickness side sight sign signal signature
    significance significant significantly silence silent similar similarly simple simply simulation
    single sister site situation size skill skin sleep slight slow small smart smile smoke smoking
    smooth soap social society soft software soil soldier solid solution solve son song sort sound
    source south space spare speak special specialist species specific specifically specify speech
    speed spelling spend spending spirit split sport spot spouse spread spring square stability
    stable stage stand standard star start state statement statistic statistical status steady step
    stick stigma stock stomach stop storage store story straight strange strategy stream street
    strength stress stressful strict strictly strike string strong structure struggle studies study
    stuff style subject submit subsequently subsidy substance success successful successfully sudden
    suddenly suffer suffering sufficient suffix sugar suggest suicide suitable suite sum summary
    summer sun supervision supply support sure surely surface surgery surprise surrogacy surrogate
    survey survival suspect sustainable swap sweet swift switch symbol symptom sync synthetic system
    table tablet tag tail take tale talent talk target task taste tax taxi taxpayer tea teach
    teaching tech technical technically technique technological technology teen teenager television
    tell temperature template temporary tend term terrible terrorism terrorist test text textbook
    thank thanks theoretically theory therapy thick thing think thirdly thought threat throw ticket
    tie tight time timesheet timing tiny tip tired tiredness title tobacco today toilet token
    tolerance tomorrow tone tongue tool tooth top topic torture total touch tough tour tourism
    tourist town toy track trade tradition traditional traditionally traffic tragedy training
    transfer transparency transport transportation trash trauma travel treat treatment tree trend
    trial trick trip trouble truck true trust truth try turn turnover type typical typically ugly
    ultimate ultimately uncertainty understand undo unfair unfortunately uniform unique unit unite
    unity universal universe unlock unrest unsafe untrained update upgrade upload upper upset urban
    urge urgent usage use useful usual vacation vaccination vaccine valid validate value vary vast
    vegetable vehicle verbal verdict verify version veteran vibrant victim victory video view
    violence violent virtual virus visa visible vision visit visitor vital voice volume vote voter
    wage wait waiting wake walk wall want war warm warning wash waste watch water way weak weakness
    wealth weapon wear weather web website wedding week weekend weekly weight welfare west wheel
    white whole wi wide wifi wild willing win wind window winter wireless wish withdraw woman women
    wonder wood word wording work workaround workers workflow workforce working workload workplace
    workshop world worry worse worst worth wound write writing wrong xmas year yesterday yield young
    youth zero zoo zoom
    """.split()
)
