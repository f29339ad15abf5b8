DROP TRIGGER clustering_change_inserted ON insights;
DROP TRIGGER clustering_change_updated ON insights;
DROP TRIGGER clustering_change_deleted ON insights;
DROP TRIGGER clustering_change_labelled ON pair_labels;
DROP TRIGGER clustering_change_relabelled ON pair_labels;
DROP FUNCTION clustering_change_of_new_insights;
DROP FUNCTION clustering_change_of_insight;
DROP FUNCTION clustering_change_of_label;
